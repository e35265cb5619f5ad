// Where the files of a partition's folder are read from: pieces at positions, never a whole file.

import type { Buffer } from 'node:buffer'
import { ProtocolError } from '../../errors.ts'

/** Bytes that can be read from the middle: a file, part of one, a buffer. */
export interface ByteSource {
  readonly sizeBytes: number
  /** The `length` bytes from `position` on. Both lie within the size. */
  read(position: number, length: number): Promise<Buffer>
}

/** A buffer as a source. */
export function bufferSource(buffer: Buffer): ByteSource {
  return {
    sizeBytes: buffer.length,
    read: async (position, length) => buffer.subarray(position, position + length),
  }
}

/** Bytes of a source, and where among them the ones asked for begin. */
export interface Window {
  readonly buffer: Buffer
  readonly at: number
}

/** Reads ahead, so that small reads in order become few large ones. A window stays valid when the next is read. */
export function readAhead(
  source: ByteSource,
  chunkBytes: number,
): (position: number, length: number) => Promise<Window> {
  let chunk: Buffer | undefined
  let start = 0
  return async (position, length) => {
    if (chunk === undefined || position < start || position + length > start + chunk.length) {
      const size = Math.max(length, Math.min(chunkBytes, source.sizeBytes - position))
      chunk = await source.read(position, size)
      start = position
      if (chunk.length < length) {
        throw new ProtocolError(`${length} bytes asked for at position ${position}, but ${chunk.length} came`)
      }
    }
    return { buffer: chunk, at: position - start }
  }
}
