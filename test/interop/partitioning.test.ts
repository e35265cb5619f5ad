// P14: a key goes to the same partition whichever client wrote it.
import { expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { writeWithJava } from '../support/java-records.ts'
import { uniqueName } from '../support/names.ts'

const PARTITIONS = 7

/** Text of all lengths up to 40, beyond ASCII too, and bytes that are no text. */
const keys: Buffer[] = Array.from({ length: 1_000 }, (_, i) => {
  if (i === 0) return Buffer.alloc(0)
  if (i % 3 === 0) return Buffer.from(`ключ-${i}-🚀`)
  const bytes = Buffer.from(Array.from({ length: 1 + (i % 40) }, (_, at) => (i * 31 + at * 89) % 256))
  return i % 3 === 1 ? bytes : Buffer.from(bytes.toString('hex'))
})

it("P14: a thousand keys land in the partitions where Java's producer puts them", async () => {
  await using kafka = new Kafka({ bootstrapServers: inject('bootstrapServers') })
  const [ours, theirs] = [uniqueName('keys-ours'), uniqueName('keys-java')]
  await kafka.admin().createTopics([
    { name: ours, numPartitions: PARTITIONS },
    { name: theirs, numPartitions: PARTITIONS },
  ])
  await using producer = kafka.producer()
  const report = await producer.sendMany(keys.map((key) => ({ topic: ours, key, value: 'x' })))
  const byUs = [...report].map(({ partition }) => partition)
  const byJava = await writeWithJava(
    inject('bootstrapServers'),
    theirs,
    keys.map((key) => ({ key, value: 'x' })),
  )
  expect(byUs).toEqual(byJava.map(({ partition }) => partition))
  expect(new Set(byUs).size).toBe(PARTITIONS)
})
