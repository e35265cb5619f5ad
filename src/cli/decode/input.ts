// What is to be decoded: words of hex, a file, or standard input. Files may hold hex, too.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { type ByteSource, bufferSource } from '../../protocol/index.ts'

export interface Input {
  /** For people. */
  readonly name: string
  /** Where it is a file. */
  readonly path?: string
  /** Its bytes from the start. */
  chunks(): AsyncIterable<Buffer>
  /** Its bytes at positions; only a file's are read piece by piece. */
  source(): Promise<ByteSource & AsyncDisposable>
}

/** What is held in memory where bytes cannot be read piece by piece: hex, and what comes from standard input. */
const MOST_HELD_BYTES = 256 * 1024 * 1024

export function hexInput(text: string): Input {
  const bytes = fromHex(text)
  return { name: 'the hex given', chunks: () => chunksOf(bytes), source: async () => disposable(bytes) }
}

export function standardInput(): Input {
  const chunks = () => plainChunks(process.stdin)
  return {
    name: 'standard input',
    chunks,
    source: async () => disposable(await gather(chunks())),
  }
}

export function fileInput(path: string): Input {
  const chunks = () => plainChunks(createReadStream(path))
  return {
    name: path,
    path,
    chunks,
    async source() {
      const handle = await open(path)
      const { size } = await handle.stat()
      const source: ByteSource & AsyncDisposable = {
        sizeBytes: size,
        async read(position, length) {
          const buffer = Buffer.allocUnsafe(length)
          const { bytesRead } = await handle.read(buffer, 0, length, position)
          return buffer.subarray(0, bytesRead)
        },
        [Symbol.asyncDispose]: () => handle.close(),
      }
      const start = await source.read(0, Math.min(size, 4096))
      if (!isHexText(start)) return source
      await handle.close()
      return disposable(await gather(chunks()))
    },
  }
}

/** Digits in pairs; blanks, commas and colons between them, `0x` and `\x` before them are of no matter. */
export function isHex(text: string): boolean {
  return /^(?:(?:0x|\\x)?[0-9a-f]|[\s,:])*[0-9a-f](?:[\s,:])*$/i.test(text)
}

function fromHex(text: string): Buffer {
  const digits = text.replaceAll(/0x|\\x|[\s,:]/gi, '')
  const wrong = /[^0-9a-f]/i.exec(digits)
  if (wrong !== null) throw new Error(`'${wrong[0]}' is no digit of hex`)
  if (digits.length % 2 === 1)
    throw new Error(`the hex has ${digits.length} digits: two make a byte, one is missing`)
  return Buffer.from(digits, 'hex')
}

function isHexText(start: Buffer): boolean {
  return start.length > 0 && isHex(start.toString('latin1'))
}

/** The bytes of a stream, whether they come as they are or as hex. */
async function* plainChunks(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const chunks = stream[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done) return
  const rest = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => chunks }
  }
  if (!isHexText(first.value.subarray(0, 4096))) return yield* rest()
  yield fromHex((await gather(rest())).toString('latin1'))
}

async function gather(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const held: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > MOST_HELD_BYTES) {
      throw new Error(`it is longer than ${MOST_HELD_BYTES} bytes: give it as a file of bytes, or in parts`)
    }
  }
  return Buffer.concat(held, sizeBytes)
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes
}

function disposable(bytes: Buffer): ByteSource & AsyncDisposable {
  return { ...bufferSource(bytes), [Symbol.asyncDispose]: async () => {} }
}
