// P14: keys go where the Java client sends them.

import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { murmur2 } from '../../src/client/producer/murmur2.ts'
import { partitionOfKey } from '../../src/client/producer/partitioner.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'

it("P14: hash and partition of a key are Java's, for keys of every length", async () => {
  const keys = Array.from({ length: 2000 }, (_, i) => randomBytes(i % 70))
  const texts = ['', 'a', 'ab', 'abc', 'abcd', 'ключ', 'clé', '🔑 key', 'x'.repeat(2000), 'ж'.repeat(700)]
  keys.push(...texts.map((text) => Buffer.from(text)))
  const program = await javaProgram(fileURLToPath(new URL('java/Murmur2.java', import.meta.url)))
  const { stdout } = await runJava(program, [], {
    stdin: keys.map((key) => `${key.toString('hex')}\n`).join(''),
  })
  const java = stdout.trimEnd().split('\n')
  expect(java).toHaveLength(keys.length)
  expect(keys.map((key) => `${murmur2(key)} ${partitionOfKey(key, 12)}`)).toEqual(java)
  const partitionsOfTexts = java.slice(-texts.length).map((line) => Number(line.split(' ')[1]))
  expect(texts.map((text) => partitionOfKey(text, 12))).toEqual(partitionsOfTexts)
})
