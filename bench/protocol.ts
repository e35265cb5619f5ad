// What encoding and decoding a large Metadata and a large Fetch response cost, a partition. `node bench/protocol.ts`
import { Fetch, Metadata } from '../src/protocol/api/index.ts'
import { Reader } from '../src/protocol/bytes/reader.ts'
import { Writer } from '../src/protocol/bytes/writer.ts'
import type { Api, EncodableResponseOf } from '../src/protocol/schema.ts'

const ROUNDS = 15
const ROUND_MS = 200
const TOPIC_ID = 'bKz1e6YwQx2sN3l0mVfG4g'

const metadata: EncodableResponseOf<typeof Metadata> = {
  brokers: range(6).map((nodeId) => ({ nodeId, host: `broker-${nodeId}.example.com`, port: 9092 })),
  clusterId: 'xtzWWN4bTjitpL3kfd9s5g',
  controllerId: 1,
  topics: range(100).map((topic) => ({
    errorCode: 0,
    name: `orders-of-region-${topic}`,
    topicId: TOPIC_ID,
    partitions: range(100).map((partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: partitionIndex % 6,
      leaderEpoch: 12,
      replicaNodes: [0, 1, 2],
      isrNodes: [0, 1, 2],
      offlineReplicas: [],
    })),
  })),
}

function fetched(abortedTransactions: null | []): EncodableResponseOf<typeof Fetch> {
  return {
    sessionId: 4711,
    responses: range(10).map((topic) => ({
      topic: `orders-of-region-${topic}`,
      topicId: TOPIC_ID,
      partitions: range(100).map((partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 1_000_000 + partitionIndex,
        lastStableOffset: 1_000_000 + partitionIndex,
        logStartOffset: 0,
        abortedTransactions,
        records: new Uint8Array(100),
      })),
    })),
  }
}

measure('Metadata, 10,000 partitions', Metadata, 13, metadata, 10_000)
measure('Metadata, 10,000 partitions', Metadata, 8, metadata, 10_000)
measure('Fetch, 1,000 partitions', Fetch, 17, fetched([]), 1000)
measure('Fetch, 1,000 partitions', Fetch, 11, fetched([]), 1000)

function measure<A extends Api>(
  what: string,
  api: A,
  version: number,
  response: EncodableResponseOf<A>,
  partitions: number,
): void {
  const codec = api.response.codec(version)
  const encode = () => {
    const writer = new Writer()
    codec.write(writer, response as never)
    return writer.toBuffer()
  }
  const bytes = encode()
  const decode = () => codec.read(new Reader(bytes))
  for (const [verb, run] of [
    ['encode', encode],
    ['decode', decode],
  ] as const) {
    const us = bestUs(run) / partitions
    console.log(`${what} v${version}: ${verb} ${us.toFixed(3)} µs a partition (${bytes.length} bytes)`)
  }
}

/** The mean time of a call in the best round: the machine is shared. */
function bestUs(run: () => unknown): number {
  const means = range(ROUNDS).map(() => {
    const start = performance.now()
    let calls = 0
    let elapsed = 0
    while (elapsed < ROUND_MS) {
      run()
      calls++
      elapsed = performance.now() - start
    }
    return (elapsed / calls) * 1000
  })
  return Math.min(...means)
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
