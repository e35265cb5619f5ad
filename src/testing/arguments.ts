// What users of the simulation give, checked.

import { KafkaError } from '../errors.ts'
import type { Assignor } from '../group/assignors/assignor.ts'
import { builtinAssignor, builtinAssignors } from '../group/assignors/builtin.ts'
import type { AssignorChoice, TopicSize } from './types.ts'

export interface Topic {
  readonly partitionCount: number
  /** By partition; empty where they are not known. */
  readonly racks: readonly (readonly string[])[]
}

export function wrong(message: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', message)
}

export function readAssignors(choice: AssignorChoice): readonly Assignor[] {
  const assignors = listOf<string | Assignor>(choice).map(readAssignor)
  if (assignors.length === 0) throw wrong('no assignor is given')
  const names = assignors.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(`the assignor '${twice}' is given twice`)
  return assignors
}

function readAssignor(assignor: string | Assignor): Assignor {
  if (typeof assignor === 'string') {
    const builtin = builtinAssignor(assignor)
    if (builtin !== undefined) return builtin
    throw wrong(`there is no assignor '${assignor}': ${Object.keys(builtinAssignors).join(', ')}`)
  }
  const { name, protocol, assign } = assignor ?? {}
  const isAssignor = typeof name === 'string' && name !== '' && typeof assign === 'function'
  if (!isAssignor || (protocol !== 'eager' && protocol !== 'cooperative')) {
    throw wrong("an assignor has a name, a protocol that is 'eager' or 'cooperative', and a function assign")
  }
  return assignor
}

export function readTopic(name: string, size: TopicSize): Topic {
  const partitionCount = typeof size === 'number' ? size : size.length
  if (!Number.isSafeInteger(partitionCount) || partitionCount < 1) {
    throw wrong(`topic '${name}' has ${partitionCount} partitions: give a whole number above zero`)
  }
  const racks = typeof size === 'number' ? Array.from({ length: size }, () => []) : size
  return { partitionCount, racks }
}

/** One or several names, none of them twice. */
export function readNames(names: string | readonly string[]): readonly string[] {
  const list = listOf(names)
  if (list.length === 0) throw wrong('no member is named')
  if (list.includes('')) throw wrong('a member needs a name')
  const twice = list.find((name, i) => list.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(`the member '${twice}' is named twice`)
  return list
}

function listOf<Item>(items: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(items) ? (items as readonly Item[]) : [items as Item]
}
