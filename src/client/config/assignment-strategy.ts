// `partitionAssignmentStrategy`: assignors by name, or the application's own.

import type { Assignor } from '../../group/assignors/assignor.ts'
import { cooperativeSticky, range, roundRobin, sticky } from '../../group/assignors/index.ts'
import { type Read, type Refuse, show } from './option.ts'

/** By the names that Java's have, which members of a group agree on. */
const ASSIGNORS = {
  range,
  roundrobin: roundRobin,
  sticky,
  'cooperative-sticky': cooperativeSticky,
} as const

/** An assignor that comes with this library, by name. */
export type AssignorName = keyof typeof ASSIGNORS

/** An assignor by name, or one of your own. */
export type AssignmentStrategy = AssignorName | Assignor

export const ASSIGNOR_NAMES = Object.keys(ASSIGNORS) as readonly AssignorName[]

export const readAssignmentStrategy: Read<readonly Assignor[]> = (value, refuse) => {
  if (!Array.isArray(value) || value.length === 0) {
    return refuse(`must be an array of assignors, such as ['range'], not ${show(value)}`)
  }
  const assignors = value.map((entry: unknown) =>
    typeof entry === 'string' ? named(entry, refuse) : custom(entry, refuse),
  )
  const names = assignors.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  return twice === undefined ? assignors : refuse(`names the assignor '${twice}' twice`)
}

function named(name: string, refuse: Refuse): Assignor {
  if (Object.hasOwn(ASSIGNORS, name)) return ASSIGNORS[name as AssignorName]
  // Java takes classes: `org.apache.kafka.clients.consumer.RoundRobinAssignor`.
  const plain = (text: string) =>
    text
      .replace(/^.*\./, '')
      .replace(/Assignor$/, '')
      .replaceAll(/[^a-z]/gi, '')
      .toLowerCase()
  const meant = ASSIGNOR_NAMES.find((each) => plain(each) === plain(name))
  if (meant !== undefined) return refuse(`has ${show(name)} in it: it is called '${meant}' here`)
  return refuse(
    `has ${show(name)} in it; there are ${ASSIGNOR_NAMES.map(show).join(', ')}, and objects with name, protocol and assign`,
  )
}

function custom(entry: unknown, refuse: Refuse): Assignor {
  if (typeof entry !== 'object' || entry === null) {
    return refuse(`has ${show(entry)} in it: give names, or objects with name, protocol and assign`)
  }
  const { name, protocol, assign, userData } = entry as { readonly [Key in keyof Assignor]: unknown }
  if (typeof name !== 'string' || name === '') {
    return refuse(`has an assignor whose name is ${show(name)}: members agree on names`)
  }
  const what = `has the assignor '${name}', whose`
  if (typeof assign !== 'function') return refuse(`${what} assign must be a function, not ${show(assign)}`)
  if (protocol !== 'eager' && protocol !== 'cooperative') {
    return refuse(`${what} protocol must be 'eager' or 'cooperative', not ${show(protocol)}`)
  }
  if (userData !== undefined && typeof userData !== 'function') {
    return refuse(`${what} userData must be a function, not ${show(userData)}`)
  }
  return entry as Assignor
}
