// How each primitive type of the protocol is checked, written and read.

import { ProtocolError } from '../errors.ts'
import type { Reader } from './bytes/reader.ts'
import { utf8Length } from './bytes/utf8.ts'
import type { Writer } from './bytes/writer.ts'
import { type PrimitiveKind, ZERO_UUID } from './field.ts'
import { fail, Misfit } from './misfit.ts'

/** Reads and writes one value, without knowing its static type. */
export interface ValueCodec {
  write(writer: Writer, value: unknown): void
  read(reader: Reader): unknown
}

export interface PrimitiveContext {
  readonly nullable: boolean
  /** Lengths are unsigned varints plus one (KIP-482). */
  readonly compact: boolean
  readonly path: string
}

const MAX_STRING_BYTES = 0x7fff
/** A compact length is one more than it says, and no more than an int32 holds. */
const MAX_BYTES = 0x7fff_fffe

export function primitiveCodec(kind: PrimitiveKind, context: PrimitiveContext): ValueCodec {
  const { path } = context
  switch (kind) {
    case 'boolean':
      return {
        write: (writer, value) =>
          typeof value === 'boolean' ? writer.boolean(value) : fail(path, value, 'a boolean'),
        read: (reader) => reader.boolean(),
      }
    case 'int8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
      return integerCodec(context, INTEGERS[kind])
    case 'bigint64':
      return {
        write(writer, value) {
          if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value)
            fail(path, value, 'a bigint of 64 bits')
          writer.bigint64(value as bigint)
        },
        read: (reader) => reader.bigint64(),
      }
    case 'float64':
      return {
        write: (writer, value) =>
          typeof value === 'number' ? writer.float64(value) : fail(path, value, 'a number'),
        read: (reader) => reader.float64(),
      }
    case 'uuid':
      return {
        write(writer, value) {
          // Most often one that was left out.
          if (value !== ZERO_UUID && (typeof value !== 'string' || !UUID.test(value)))
            fail(path, value, 'a uuid of 22 base64url characters')
          writer.uuid(value as string)
        },
        read: (reader) => reader.uuid(),
      }
    case 'string':
      return stringCodec(context)
    case 'bytes':
    case 'records':
      return bytesCodec(context)
  }
}

// The last of the 22 characters carries two bits of the sixteenth byte; its other four bits are zero.
const UUID = /^[A-Za-z0-9_-]{21}[AQgw]$/

interface IntegerType {
  /** For errors: what the value is not. */
  readonly expected: string
  readonly min: number
  readonly max: number
  write(writer: Writer, value: number): void
  read(reader: Reader): number
}

const INTEGERS = {
  int8: { expected: 'an int8', min: -0x80, max: 0x7f, write: (w, v) => w.int8(v), read: (r) => r.int8() },
  int16: {
    expected: 'an int16',
    min: -0x8000,
    max: 0x7fff,
    write: (w, v) => w.int16(v),
    read: (r) => r.int16(),
  },
  uint16: {
    expected: 'a uint16',
    min: 0,
    max: 0xffff,
    write: (w, v) => w.uint16(v),
    read: (r) => r.uint16(),
  },
  int32: {
    expected: 'an int32',
    min: -0x8000_0000,
    max: 0x7fff_ffff,
    write: (w, v) => w.int32(v),
    read: (r) => r.int32(),
  },
  uint32: {
    expected: 'a uint32',
    min: 0,
    max: 0xffff_ffff,
    write: (w, v) => w.uint32(v),
    read: (r) => r.uint32(),
  },
  int64: {
    expected: 'an int64 that a number holds exactly',
    min: Number.MIN_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
    write: (w, v) => w.int64(v),
    read: (r) => r.int64(),
  },
} satisfies { readonly [kind: string]: IntegerType }

function integerCodec({ path }: PrimitiveContext, type: IntegerType): ValueCodec {
  const { expected, min, max, write, read } = type
  return {
    write(writer, value) {
      if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
        fail(path, value, expected)
      write(writer, value as number)
    },
    read,
  }
}

/** With the flag `u`, a pair is one character and no surrogate. */
const LONE_SURROGATE = /\p{Surrogate}/u

function stringCodec({ nullable, compact, path }: PrimitiveContext): ValueCodec {
  return {
    write(writer, value) {
      if (value === null && nullable) return writer.length(-1, compact, 16)
      if (typeof value !== 'string') return fail(path, value, nullable ? 'a string or null' : 'a string')
      const byteLength = utf8Length(value)
      if (byteLength !== value.length && LONE_SURROGATE.test(value)) {
        throw new Misfit(path, 'has half a surrogate pair in it, which UTF-8 cannot say')
      }
      if (byteLength > MAX_STRING_BYTES) return fail(path, byteLength, 'a string of at most 32767 bytes')
      writer.length(byteLength, compact, 16)
      writer.text(value, byteLength)
    },
    read(reader) {
      const length = reader.length(compact, 16)
      if (length > MAX_STRING_BYTES)
        throw new ProtocolError(`${path} is a string of ${length} bytes: 32767 is the most`)
      if (length >= 0) return reader.text(length)
      return absent(nullable, path)
    },
  }
}

function bytesCodec({ nullable, compact, path }: PrimitiveContext): ValueCodec {
  return {
    write(writer, value) {
      if (value === null && nullable) return writer.length(-1, compact, 32)
      if (!(value instanceof Uint8Array)) return fail(path, value, nullable ? 'bytes or null' : 'bytes')
      if (value.length > MAX_BYTES) return fail(path, value.length, `at most ${MAX_BYTES} bytes`)
      writer.length(value.length, compact, 32)
      writer.bytes(value)
    },
    read(reader) {
      const length = reader.length(compact, 32)
      return length >= 0 ? reader.view(length) : absent(nullable, path)
    },
  }
}

function absent(nullable: boolean, path: string): null {
  if (nullable) return null
  throw new ProtocolError(`${path} is null`)
}
