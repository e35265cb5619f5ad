// Produce requests as a scripted broker sees them, and answers to them.
import type { Produce } from '../../../src/protocol/api/index.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import { batchAt, type RecordBatch } from '../../../src/protocol/records/batch.ts'
import { openBatch } from '../../../src/protocol/records/cursor.ts'
import type { EncodableResponseOf } from '../../../src/protocol/schema.ts'
import type { Received } from './broker.ts'

type Response = EncodableResponseOf<typeof Produce>
type PartitionResponse = Response['responses'][number]['partitionResponses'][number]

/** One batch of a request. */
export interface ProducedBatch {
  /** By name before version 13, by id from then on. */
  readonly topic: string
  readonly partition: number
  readonly batch: RecordBatch
  readonly values: readonly string[]
}

export function batchesIn({ body }: Received<typeof Produce>): ProducedBatch[] {
  return body.topicData.flatMap(({ name, topicId, partitionData }) =>
    partitionData.map(({ index, records }) => {
      const batch = batchAt(records!) as RecordBatch
      const values: string[] = []
      for (const cursor = openBatch(batch, { checkCrcs: true }); cursor.next(); )
        values.push(String(cursor.value()))
      return { topic: name || topicId, partition: index, batch, values }
    }),
  )
}

/** The values of all batches, in the order of the requests. */
export function valuesIn(requests: readonly Received<typeof Produce>[]): string[][] {
  return requests.map((request) => batchesIn(request).flatMap(({ values }) => values))
}

/** What a test says of one partition; success at offset 0 where it says nothing. */
export type Outcome = Partial<PartitionResponse> & { readonly error?: BrokerErrorName }

/** Answers each partition as `outcomeOf` says. */
export function answer(
  request: Received<typeof Produce>,
  outcomeOf: (batch: ProducedBatch) => Outcome = () => ({}),
  more: Partial<Response> = {},
): void {
  const batches = batchesIn(request)
  let next = 0
  request.respond({
    responses: request.body.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => {
        const { error, ...rest } = outcomeOf(batches[next++]!)
        return {
          index,
          errorCode: error === undefined ? 0 : errorByName(error).code,
          baseOffset: error === undefined ? 0 : -1,
          ...rest,
        }
      }),
    })),
    ...more,
  })
}
