// A decoded message as a tree: the fields that its version has, in their order.

import { isDeepStrictEqual } from 'node:util'
import {
  apiByKey,
  errorByCode,
  type FieldSpec,
  type Fields,
  type FieldType,
  ZERO_UUID,
  zeroOf,
} from '../../protocol/index.ts'
import { bytesText, quoted, timeText } from './text.ts'
import { list, type Struct, scalar, struct, type Tree } from './tree.ts'

/** A structure of a message, as it was decoded. */
export type Values = { readonly [name: string]: unknown }

/**
 * Looks into the bytes of a field: `path` is where it stands (`protocols.metadata`), `around` the structures that it
 * stands in, the nearest first. Undefined: they are only bytes.
 */
export type Opener = (path: string, bytes: Buffer, around: readonly Values[]) => Tree | undefined

export interface MessageOptions {
  readonly version: number
  /** Show long values whole. */
  readonly full: boolean
  readonly open?: Opener
}

export function messageTree(fields: Fields, values: Values, options: MessageOptions): Struct {
  return structTree(fields, values, { ...options, path: '', around: [] })
}

interface Place extends MessageOptions {
  readonly path: string
  readonly around: readonly Values[]
}

function structTree(fields: Fields, values: Values, place: Place): Struct {
  const inside = { ...place, around: [values, ...place.around] }
  const trees: { [name: string]: Tree } = {}
  for (const [name, { spec }] of Object.entries(fields)) {
    const value = values[name]
    if (!isPresent(spec, value, place.version)) continue
    const path = place.path === '' ? name : `${place.path}.${name}`
    trees[name] = valueTree(name, spec.type, value, { ...inside, path })
  }
  return struct(trees)
}

/** Of tagged fields only those travel that have a value of their own. */
function isPresent(spec: FieldSpec, value: unknown, version: number): boolean {
  if (version < spec.fromVersion || version > spec.untilVersion) return false
  return spec.tagNumber === undefined || !isDeepStrictEqual(value, zeroOf(spec))
}

function valueTree(name: string, type: FieldType, value: unknown, place: Place): Tree {
  if (value === null) return scalar(null)
  switch (type.kind) {
    case 'array':
      return list((value as unknown[]).map((item) => valueTree(name, type.element, item, place)))
    case 'struct':
      return structTree(type.fields, value as Values, place)
    case 'bytes':
    case 'records': {
      const bytes = value as Buffer
      return place.open?.(place.path, bytes, place.around) ?? bytesTree(bytes, place.full)
    }
    case 'string':
      return scalar(value as string, quoted(value as string, place.full))
    case 'uuid':
      return scalar(value as string, value === ZERO_UUID ? `${ZERO_UUID} (none)` : String(value))
    case 'bigint64':
      return scalar(String(value))
    case 'boolean':
      return scalar(value as boolean)
    case 'float64':
      // JSON has no NaN and no infinity.
      return Number.isFinite(value) ? scalar(value as number) : scalar(String(value))
    default:
      return scalar(value as number, numberText(name, type.kind, value as number))
  }
}

export function bytesTree(bytes: Buffer, full: boolean): Tree {
  return { kind: 'scalar', text: bytesText(bytes, full), json: JSON.stringify(bytes.toString('base64')) }
}

/** With what it stands for, where its name tells that it stands for something. */
function numberText(name: string, kind: string, value: number): string {
  if (kind === 'int16' && /errorCode$/i.test(name) && value !== 0) return `${value} ${errorName(value)}`
  if (kind === 'int16' && name === 'apiKey') return `${value} ${apiName(value)}`.trimEnd()
  if (kind === 'int64' && isTime(name) && value > 0) return `${value} (${timeText(value)})`
  return String(value)
}

function errorName(code: number): string {
  const { code: known, name } = errorByCode(code)
  // What the table does not have comes back as an error of the server that is unknown.
  return name === 'UNKNOWN_SERVER_ERROR' && known !== -1 ? '(not known)' : name
}

function apiName(key: number): string {
  return apiByKey(key)?.name ?? ''
}

/** `throttleTimeMs` and its like are how long, not when. */
function isTime(name: string): boolean {
  return /timestamp(?:Ms)?$|^logAppendTimeMs$|^transactionStartTimeMs$/i.test(name)
}
