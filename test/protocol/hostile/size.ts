// How large a decoded value may be: its objects, arrays and fields, by the bytes it came of. A structure has a field
// for whatever any version has, so a byte may give several.
import { zeroOf } from '../../../src/protocol/codec.ts'
import type { FieldSpec, Fields, FieldType } from '../../../src/protocol/schema.ts'
import { everyVersion, isFlexible, isPresent, type MessageVersion } from '../../support/messages.ts'

/** Objects, arrays and fields of a value. Strings and bytes count as one: the latter are views, the former no longer than their bytes. */
export function nodesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 1
  let nodes = 1
  if (Array.isArray(value)) for (const element of value) nodes += nodesOf(element)
  else for (const name in value) nodes += nodesOf((value as Record<string, unknown>)[name])
  return nodes
}

/** The most nodes that a byte of this message can give: of a structure that may stand in it any number of times. */
export function nodesPerByte({ message, version }: MessageVersion): number {
  const flexible = isFlexible({ message, version })
  return largestIn(message.fields)

  function largestIn(fields: Fields): number {
    const present = Object.values(fields).filter(({ spec }) => isPresent(spec, version))
    return Math.max(1, ...present.map(({ spec }) => largestOf(spec.type)))
  }

  function largestOf(type: FieldType): number {
    if (type.kind === 'array') return Math.max(largestOf(type.element), 1 / leastOfType(type.element))
    if (type.kind !== 'struct') return 1
    return Math.max(largestIn(type.fields), zeroNodes(type.fields) / leastOfStruct(type.fields))
  }

  /** The fewest bytes that encode it. */
  function leastOfStruct(fields: Fields): number {
    let bytes = flexible ? 1 : 0
    for (const { spec } of Object.values(fields)) {
      if (isPresent(spec, version) && spec.tagNumber === undefined) bytes += leastOf(spec)
    }
    return bytes
  }

  function leastOf({ type, nullableFromVersion }: FieldSpec): number {
    const isNullable = nullableFromVersion <= version
    return type.kind === 'struct' && isNullable ? 1 : leastOfType(type)
  }

  function leastOfType(type: FieldType): number {
    switch (type.kind) {
      case 'struct':
        return leastOfStruct(type.fields)
      case 'string':
        return flexible ? 1 : 2
      case 'array':
      case 'bytes':
      case 'records':
        return flexible ? 1 : 4
      default:
        return (
          { boolean: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, uuid: 16 }[type.kind as 'int8'] ??
          8
        )
    }
  }
}

/** Of a structure that has just its defaults. */
function zeroNodes(fields: Fields): number {
  return Object.values(fields).reduce((nodes, { spec }) => nodes + nodesOf(zeroOf(spec)), 1)
}

const MOST_PER_BYTE = Math.max(...everyVersion.map(nodesPerByte))
const MOST_OF_NOTHING = Math.max(...everyVersion.map(({ message }) => zeroNodes(message.fields)))

/** Is a value of any message more than its bytes can give? */
export function isTooLarge(value: unknown, bytes: Buffer): boolean {
  return nodesOf(value) > MOST_PER_BYTE * bytes.length + MOST_OF_NOTHING
}
