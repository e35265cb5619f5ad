// Transactions of Java's producer as our consumer sees them, at both isolation levels (T8, F12).
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { JavaProducer } from '../support/java-records.ts'
import { uniqueName } from '../support/names.ts'
import { readUpTo, valuesUpTo } from '../support/reading.ts'

let kafka: Kafka
beforeAll(() => {
  kafka = new Kafka({ bootstrapServers: inject('bootstrapServers'), clientId: 'transactions-in' })
})
afterAll(() => kafka.close())

async function newTopic(what: string) {
  const name = uniqueName(what)
  await kafka.admin().createTopics([{ name, numPartitions: 1 }])
  return name
}

function transactional(name: string): Promise<JavaProducer> {
  return JavaProducer.start(inject('bootstrapServers'), name, { 'transactional.id': uniqueName('tx') })
}

async function transaction(producer: JavaProducer, end: 'commit' | 'abort', values: string[]) {
  await producer.command('begin')
  for (const value of values) producer.send({ partition: 0, value })
  return producer.command(end)
}

/** A record outside transactions: where a reader may stop. */
async function mark(name: string) {
  await using producer = kafka.producer()
  return producer.send({ topic: name, partition: 0, value: 'the end' })
}

describe('transactions', () => {
  it('T8: read_committed leaves out what was aborted, read_uncommitted does not, and neither shows markers', async () => {
    const name = await newTopic('tx')
    await using producer = await transactional(name)
    await transaction(producer, 'commit', ['c1', 'c2'])
    await transaction(producer, 'abort', ['a1', 'a2', 'a3'])
    await transaction(producer, 'commit', ['c3'])
    await transaction(producer, 'abort', ['a4'])
    const { offset } = await mark(name)
    // Six records and four markers of transactions' ends.
    expect(offset).toBe(11)
    expect(await readUpTo(kafka, name, 'the end', 'read_committed')).toEqual(['c1', 'c2', 'c3'])
    expect(await readUpTo(kafka, name, 'the end', 'read_uncommitted')).toEqual([
      ...['c1', 'c2', 'a1', 'a2', 'a3', 'c3', 'a4'],
    ])
  })

  it('T8: keeps the transactions of interleaved producers apart', async () => {
    const name = await newTopic('tx-interleaved')
    await using one = await transactional(name)
    await using two = await transactional(name)
    await one.command('begin')
    await two.command('begin')
    for (const round of [1, 2, 3]) {
      one.send({ partition: 0, value: `aborted ${round}` })
      await one.command('flush')
      two.send({ partition: 0, value: `committed ${round}` })
      await two.command('flush')
    }
    await one.command('abort')
    await transaction(one, 'commit', ['committed 4'])
    await two.command('commit')
    await mark(name)
    const read = await readUpTo(kafka, name, 'the end', 'read_committed')
    expect(read).toEqual(['committed 1', 'committed 2', 'committed 3', 'committed 4'])
  })

  it('T8: what an aborted transaction left behind does not hide committed records after a seek', async () => {
    const name = await newTopic('tx-seek')
    await using producer = await transactional(name)
    await transaction(producer, 'commit', ['c1'])
    await transaction(producer, 'abort', ['a1'])
    await transaction(producer, 'commit', ['c2'])
    await mark(name)
    const partition = { topic: name, partition: 0 }
    await using consumer = kafka.consumer({
      assign: [{ ...partition, offset: 'earliest' }],
      isolationLevel: 'read_committed',
    })
    expect(await valuesUpTo(consumer, 'the end')).toEqual(['c1', 'c2'])
    consumer.seekToBeginning([partition])
    expect(await valuesUpTo(consumer, 'the end')).toEqual(['c1', 'c2'])
    // From inside the aborted transaction.
    consumer.seek(partition, 2)
    expect(await valuesUpTo(consumer, 'the end')).toEqual(['c2'])
  })

  it('F12: read_committed ends at an open transaction, and reads on when it is committed', async () => {
    const name = await newTopic('tx-open')
    await using producer = await transactional(name)
    await transaction(producer, 'commit', ['c1'])
    await producer.command('begin')
    producer.send({ partition: 0, value: 'open' })
    const [open] = await producer.command('flush')
    await mark(name)

    const partition = { topic: name, partition: 0 }
    const admin = kafka.admin()
    const end = async (isolationLevel: 'read_committed' | 'read_uncommitted') => {
      const query = [{ ...partition, offset: 'latest' as const }]
      return (await admin.listOffsets(query, { isolationLevel })).get(`${name}-0`)?.offset
    }
    expect(await end('read_committed')).toBe(open?.offset)
    expect(await end('read_uncommitted')).toBe(open!.offset + 2)
    expect(await readUpTo(kafka, name, 'the end', 'read_uncommitted')).toEqual(['c1', 'open'])

    await using consumer = kafka.consumer({
      assign: [{ ...partition, offset: 'earliest' }],
      isolationLevel: 'read_committed',
    })
    expect(await consumer.endOffsets([partition])).toEqual([{ ...partition, offset: open?.offset }])
    const seen: string[] = []
    for await (const record of consumer) {
      seen.push(String(record.value))
      // Only once all that may be seen was seen does the transaction end.
      if (seen.length === 1) await producer.command('commit')
      if (seen.at(-1) === 'the end') break
    }
    expect(seen).toEqual(['c1', 'open', 'the end'])
  })

  it('T8: passes a partition that has nothing but aborted records and markers', async () => {
    const name = await newTopic('tx-nothing')
    await using producer = await transactional(name)
    await transaction(producer, 'abort', ['a1', 'a2'])
    await transaction(producer, 'abort', ['a3'])
    await using consumer = kafka.consumer({
      assign: [{ topic: name, partition: 0, offset: 'earliest' }],
      isolationLevel: 'read_committed',
    })
    const reading = valuesUpTo(consumer, 'the end')
    await transaction(producer, 'commit', ['c1'])
    await mark(name)
    expect(await reading).toEqual(['c1'])
  })
})
