// Reads zstd frames (RFC 8878).

import type { Buffer } from 'node:buffer'
import { type Bytes, bytesOf, malformed } from '../bytes.ts'
import type { DecompressOptions } from '../codec.ts'
import { Output } from '../output.ts'
import {
  BLOCK_HEADER_BYTES,
  COMPRESSED_BLOCK,
  FRAME_MAGIC,
  MAX_BLOCK_BYTES,
  RAW_BLOCK,
  RLE_BLOCK,
  SKIPPABLE_MAGIC,
  SKIPPABLE_MASK,
} from './format.ts'
import type { HuffmanTable } from './huffman-decode.ts'
import { readLiterals } from './literals-decode.ts'
import { decodeSequences, newSequenceState, type SequenceState } from './sequences-decode.ts'
import { xxhash64Low } from './xxhash64.ts'

/** What is allocated at once where the frame does not tell its size, as a multiple of the input. */
const EXPECTED_RATIO = 4
/** A size that a frame tells is believed up to this multiple of the input. */
const BELIEVED_RATIO = 64

/** 128 MiB, as zstd's own limit: a frame that looks back further is refused. */
const MAX_WINDOW_BYTES = 2 ** 27

const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CONTENT_CHECKSUM = 0x04
const SIZE_BYTES: readonly number[] = [0, 2, 4, 8]
const DICTIONARY_ID_BYTES: readonly number[] = [0, 1, 2, 4]

interface FrameHeader {
  readonly contentSize: number | undefined
  readonly maxBlockBytes: number
  readonly hasChecksum: boolean
  readonly end: number
}

/** What the blocks of a frame have from those before. */
export interface FrameState {
  huffman: HuffmanTable | undefined
  readonly sequences: SequenceState
}

export function decompressZstd(bytes: Uint8Array, { maxBytes }: DecompressOptions): Buffer {
  if (bytes.length === 0) throw malformed('zstd frame: it is cut off')
  const input = bytesOf(bytes)
  const { view } = input
  const output = new Output(maxBytes, expectedBytes(input))
  for (let at = 0; at < bytes.length; ) {
    const magic = at + 4 <= bytes.length ? view.getUint32(at, true) : 0
    if (magic === FRAME_MAGIC) at = decompressFrame(input, at + 4, output)
    else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC && at + 8 <= bytes.length) {
      at += 8 + view.getUint32(at + 4, true)
      if (at > bytes.length) throw malformed('zstd frame: it is cut off')
    } else throw malformed('zstd frame')
  }
  return output.finish()
}

function expectedBytes(input: Bytes): number {
  const { length } = input.bytes
  const isFrame = length > 4 && input.view.getUint32(0, true) === FRAME_MAGIC
  const told = isFrame ? readHeader(input, 4).contentSize : undefined
  return told === undefined ? length * EXPECTED_RATIO : Math.min(told, length * BELIEVED_RATIO)
}

/** Decompresses a frame, from after its magic number on, and returns where it ends. */
function decompressFrame(input: Bytes, start: number, output: Output): number {
  const { bytes, view } = input
  const header = readHeader(input, start)
  const { contentSize, maxBlockBytes } = header
  const frameStart = output.length
  const state: FrameState = { huffman: undefined, sequences: newSequenceState() }
  let at = header.end
  for (let isLast = false; !isLast; ) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) throw malformed('zstd frame: it is cut off')
    const field = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    at += BLOCK_HEADER_BYTES
    isLast = (field & 1) !== 0
    const type = (field >>> 1) & 3
    const size = field >>> 3
    if (size > maxBlockBytes) throw malformed('zstd block size')
    const end = at + (type === RLE_BLOCK ? 1 : size)
    if (end > bytes.length) throw malformed('zstd frame: it is cut off')
    if (type === COMPRESSED_BLOCK) {
      const literals = readLiterals(input, at, end, state, maxBlockBytes)
      decodeSequences(input, literals.end, end, state.sequences, literals, output, frameStart, maxBlockBytes)
    } else if (type === RAW_BLOCK || type === RLE_BLOCK) {
      output.reserve(size)
      const to = output.length
      if (type === RAW_BLOCK) output.to.bytes.set(bytes.subarray(at, end), to)
      else output.to.bytes.fill(bytes[at]!, to, to + size)
      output.length += size
    } else throw malformed('zstd block type')
    at = end
  }
  if (contentSize !== undefined && output.length - frameStart !== contentSize) {
    throw malformed('zstd frame: it does not have the size it tells')
  }
  if (!header.hasChecksum) return at
  if (at + 4 > bytes.length) throw malformed('zstd frame: it is cut off')
  if (view.getUint32(at, true) !== xxhash64Low(output.to.bytes, frameStart, output.length)) {
    throw new Error('zstd content checksum is wrong')
  }
  return at + 4
}

function readHeader({ bytes, view }: Bytes, start: number): FrameHeader {
  const descriptor = bytes[start] ?? 0
  const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  const dictionaryIdBytes = DICTIONARY_ID_BYTES[descriptor & 3]!
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : SIZE_BYTES[sizeFlag]!
  const windowAt = start + 1
  const dictionaryAt = windowAt + (isSingleSegment ? 0 : 1)
  const sizeAt = dictionaryAt + dictionaryIdBytes
  const end = sizeAt + sizeBytes
  if (end > bytes.length) throw malformed('zstd frame: it is cut off')
  if ((descriptor & RESERVED) !== 0) throw malformed('zstd frame header')
  for (let at = dictionaryAt; at < sizeAt; at++) {
    if (bytes[at] !== 0) throw new Error('zstd dictionaries are not supported')
  }
  const contentSize = sizeBytes === 0 ? undefined : readSize(view, sizeAt, sizeBytes)
  const windowBytes = isSingleSegment ? contentSize! : readWindow(bytes[windowAt]!)
  if (windowBytes > MAX_WINDOW_BYTES) {
    throw new Error(`zstd window of ${windowBytes} bytes is above the limit of ${MAX_WINDOW_BYTES}`)
  }
  return {
    contentSize,
    maxBlockBytes: Math.min(windowBytes, MAX_BLOCK_BYTES),
    hasChecksum: (descriptor & CONTENT_CHECKSUM) !== 0,
    end,
  }
}

function readSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at)
  if (bytes === 2) return view.getUint16(at, true) + 256
  const low = view.getUint32(at, true)
  return bytes === 4 ? low : low + view.getUint32(at + 4, true) * 2 ** 32
}

/** An exponent and eighths. */
function readWindow(byte: number): number {
  const base = 2 ** (10 + (byte >>> 3))
  return base + (base / 8) * (byte & 7)
}
