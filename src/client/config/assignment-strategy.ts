// `partitionAssignmentStrategy`: assignors by name, or the application's own.

import type { Assignor } from '../../group/assignors/assignor.ts'
import { type BuiltinAssignorName, builtinAssignor, builtinAssignors } from '../../group/assignors/builtin.ts'
import { type Read, type Refuse, show } from './option.ts'

/** An assignor by name, or one of your own. */
export type AssignmentStrategy = BuiltinAssignorName | Assignor

export const ASSIGNOR_NAMES: readonly string[] = Object.keys(builtinAssignors)

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
  const found = builtinAssignor(name)
  if (found !== undefined) return found
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
