// Our codecs against Kafka's own and the libraries that it uses.

import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  COMPRESSION_LEVELS,
  type CompressionCodec,
  compressionCodecs,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
} from '../../src/protocol/compression/index.ts'
import { zstd } from '../../src/protocol/compression/zstd/codec.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'
import { inputs, jsonRecords } from './compression-inputs.ts'

const maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES
interface Command {
  readonly line: string
  /** Called with what Java answers. */
  readonly check: (answer: Buffer) => void
}

async function runCommands(commands: readonly Command[]): Promise<void> {
  const program = await javaProgram(fileURLToPath(new URL('../interop/java/Codecs.java', import.meta.url)))
  const { stdout } = await runJava(program, [], { stdin: `${commands.map(({ line }) => line).join('\n')}\n` })
  const answers = stdout.trimEnd().split('\n')
  expect(answers).toHaveLength(commands.length)
  for (const [i, { line, check }] of commands.entries()) {
    const what = line.replace(/\t[^\t]*/, '')
    expect(answers[i], what).not.toMatch(/^error/)
    check(Buffer.from(answers[i]!, 'base64'))
  }
}

const samples = [...inputs.map(([, input]) => input), jsonRecords(300_000)]

/** Few at the levels of zstd that take hundreds of megabytes and seconds. */
const samplesAt = (level = 0): readonly Buffer[] => (level > 12 ? samples.slice(-1) : samples)

const LEVELS = {
  gzip: [undefined, 1, 6, 9],
  snappy: [undefined],
  lz4: [undefined, ...Array.from({ length: 12 }, (_, i) => i + 1), 17],
  zstd: [undefined, -131_072, -7, -1, 0, 1, 2, 3, 4, 6, 9, 12, 15, 19, 22],
} as const

const codecs: { readonly [name in keyof typeof LEVELS]: readonly CompressionCodec[] } = {
  gzip: [compressionCodecs.gzip!],
  snappy: [compressionCodecs.snappy!],
  lz4: [compressionCodecs.lz4!],
  zstd: [compressionCodecs.zstd!, zstd],
}

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s', (name) => {
  test('what Java compresses, at any level, we decompress', async () => {
    const commands: Command[] = []
    for (const level of LEVELS[name]) {
      for (const input of samplesAt(level)) {
        commands.push({
          line: `compress\t${input.toString('base64')}\t${name}\t${level ?? ''}`,
          check: (answer) => {
            for (const codec of codecs[name]) {
              expect(input.equals(codec.decompress(answer, { maxBytes }))).toBe(true)
            }
          },
        })
      }
    }
    await runCommands(commands)
  })

  test('what we compress, at any level, Java decompresses', async () => {
    const commands: Command[] = []
    for (const level of LEVELS[name]) {
      for (const input of samplesAt(level)) {
        for (const codec of codecs[name]) {
          commands.push({
            line: `decompress\t${Buffer.from(codec.compress(input, level)).toString('base64')}\t${name}`,
            check: (answer) => expect(input.equals(answer)).toBe(true),
          })
        }
      }
    }
    await runCommands(commands)
  })
})

test('KIP-390: levels have the bounds and the defaults of Java', async () => {
  await runCommands(
    Object.entries(COMPRESSION_LEVELS).map(([name, { min, max, default: preset }]) => ({
      line: `levels\t\t${name}`,
      check: (answer) => expect(String(answer)).toBe(`${min} to ${max}, ${preset}`),
    })),
  )
})

test("forms that Kafka does not write, by Java's libraries: raw snappy, lz4 with checksums and other block sizes", async () => {
  const commands: Command[] = []
  let checksummed = 0
  const restores = (codec: CompressionCodec, input: Buffer, hasChecksum: boolean) => (compressed: Buffer) => {
    expect(input.equals(codec.decompress(compressed, { maxBytes }))).toBe(true)
    if (!hasChecksum) return
    compressed[compressed.length - 1]! ^= 1
    expect(() => codec.decompress(compressed, { maxBytes })).toThrow('content checksum')
    checksummed++
  }
  for (const [, input] of inputs) {
    const bytes = input.toString('base64')
    commands.push({ line: `snappy-raw\t${bytes}`, check: restores(compressionCodecs.snappy!, input, false) })
    for (const blockSize of ['SIZE_64KB', 'SIZE_256KB', 'SIZE_1MB', 'SIZE_4MB']) {
      for (const flags of ['', ',CONTENT_CHECKSUM', ',CONTENT_CHECKSUM,CONTENT_SIZE']) {
        commands.push({
          line: `lz4\t${bytes}\t${blockSize}\tBLOCK_INDEPENDENCE${flags}`,
          check: restores(compressionCodecs.lz4!, input, flags !== ''),
        })
      }
    }
  }
  await runCommands(commands)
  expect(checksummed).toBeGreaterThan(50)
})
