// Our codecs against the libraries that Java's client uses.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  type CompressionCodec,
  compressionCodecs,
  DEFAULT_MAX_DECOMPRESSED_BYTES,
} from '../../src/protocol/compression/index.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'
import { inputs } from './compression-inputs.ts'

const maxBytes = DEFAULT_MAX_DECOMPRESSED_BYTES
const lz4 = compressionCodecs.lz4!
const snappy = compressionCodecs.snappy!

test("forms that Kafka does not write, by Java's libraries: raw snappy, lz4 with checksums and other block sizes", async () => {
  const program = await javaProgram(fileURLToPath(new URL('../interop/java/Codecs.java', import.meta.url)))
  const commands: { codec: CompressionCodec; input: Buffer; line: string }[] = []
  for (const [, input] of inputs) {
    const bytes = input.toString('base64')
    commands.push({ codec: snappy, input, line: `snappy-raw\t${bytes}` })
    for (const blockSize of ['SIZE_64KB', 'SIZE_256KB', 'SIZE_1MB', 'SIZE_4MB']) {
      for (const flags of ['', ',CONTENT_CHECKSUM', ',CONTENT_CHECKSUM,CONTENT_SIZE']) {
        const line = `lz4\t${bytes}\t${blockSize}\tBLOCK_INDEPENDENCE${flags}`
        commands.push({ codec: lz4, input, line })
      }
    }
  }
  const { stdout } = await runJava(program, [], { stdin: `${commands.map(({ line }) => line).join('\n')}\n` })
  const answers = stdout.trimEnd().split('\n')
  expect(answers).toHaveLength(commands.length)
  let checksummed = 0
  for (const [i, { codec, input, line }] of commands.entries()) {
    const compressed = Buffer.from(answers[i]!, 'base64')
    expect(input.equals(codec.decompress(compressed, { maxBytes }))).toBe(true)
    if (!line.includes('CONTENT_CHECKSUM')) continue
    compressed[compressed.length - 1]! ^= 1
    expect(() => codec.decompress(compressed, { maxBytes })).toThrow('content checksum')
    checksummed++
  }
  expect(checksummed).toBeGreaterThan(50)
})
