// The built-in assignors, by the names that members agree on: Java's.

import type { Assignor } from './assignor.ts'
import { cooperativeSticky } from './cooperative-sticky.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'
import { sticky } from './sticky.ts'

export const builtinAssignors = {
  range,
  roundrobin: roundRobin,
  sticky,
  'cooperative-sticky': cooperativeSticky,
} as const satisfies Readonly<Record<string, Assignor>>

export type BuiltinAssignorName = keyof typeof builtinAssignors

/** Undefined when there is none of that name. */
export function builtinAssignor(name: string): Assignor | undefined {
  return Object.hasOwn(builtinAssignors, name) ? builtinAssignors[name as BuiltinAssignorName] : undefined
}
