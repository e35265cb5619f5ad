// Splits bytes into frames: one alone, or a capture of one direction of a connection, however long.

import { counted } from '../output.ts'

export interface Frame {
  /** Of its first byte, its length where it has one. */
  readonly position: number
  /** Without its length. */
  readonly bytes: Buffer
}

/** Bytes that are no frame, or one of which the rest is missing; nothing can be found behind them. */
export interface NoFrame {
  readonly position: number
  readonly problem: string
}

/** The most that a frame's length may say; brokers take 100 MiB (`socket.request.max.bytes`), and may be told more. */
const MOST_FRAME_BYTES = 256 * 1024 * 1024
const LENGTH_BYTES = 4
/** A correlation id is the least that a frame holds. */
const LEAST_FRAME_BYTES = 4

/**
 * Each frame has its length before it; or there is one frame alone, without. `problemOf` tells why bytes cannot be
 * decoded; undefined when they can.
 */
export async function* framesOf(
  chunks: AsyncIterable<Buffer>,
  problemOf: (frame: Buffer) => string | undefined,
): AsyncGenerator<Frame | NoFrame, void> {
  const bytes = byteQueue(chunks)
  const first = await nextFrame(bytes)
  if (first === undefined) return
  if ('problem' in first || problemOf(first.bytes) !== undefined) {
    const whole = await bytes.upTo(MOST_FRAME_BYTES)
    const problem = problemOf(whole)
    if (problem === undefined) return yield { position: 0, bytes: whole }
    if ('problem' in first) return yield { position: 0, problem: neither(problem, first.problem) }
  }
  for (let frame: Frame | NoFrame | undefined = first; frame !== undefined; frame = await nextFrame(bytes)) {
    yield frame
    if ('problem' in frame) return
    bytes.skip(LENGTH_BYTES + frame.bytes.length)
  }
}

/** Undefined at the end. */
async function nextFrame(bytes: ByteQueue): Promise<Frame | NoFrame | undefined> {
  const { position } = bytes
  const start = await bytes.upTo(LENGTH_BYTES)
  if (start.length === 0) return undefined
  if (start.length < LENGTH_BYTES) {
    return { position, problem: `${counted(start.length, 'byte')} cannot be a frame's length` }
  }
  const length = start.readInt32BE(0)
  if (length < LEAST_FRAME_BYTES || length > MOST_FRAME_BYTES) {
    return { position, problem: `a frame cannot have the length ${length} (0x${start.toString('hex')})` }
  }
  const frame = (await bytes.upTo(LENGTH_BYTES + length)).subarray(LENGTH_BYTES)
  if (frame.length < length) {
    return { position, problem: `the frame was cut: ${frame.length} of ${length} bytes are there` }
  }
  return { position, bytes: frame }
}

function neither(withoutLength: string, withLength: string): string {
  return `no frame: ${withLength}; and taken as one without its length: ${withoutLength}`
}

interface ByteQueue {
  /** Of the next byte. */
  readonly position: number
  /** The next bytes, so many or up to the end. */
  upTo(length: number): Promise<Buffer>
  skip(length: number): void
}

function byteQueue(chunks: AsyncIterable<Buffer>): ByteQueue {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let position = 0
  return {
    get position() {
      return position
    },
    async upTo(length) {
      const added = [held]
      for (let size = held.length; size < length; ) {
        const { done, value } = await iterator.next()
        if (done) break
        added.push(value)
        size += value.length
      }
      if (added.length > 1) held = Buffer.concat(added)
      return held.subarray(0, length)
    },
    skip(length) {
      held = held.subarray(length)
      position += length
    },
  }
}
