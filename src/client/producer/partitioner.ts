// Which partition a record goes to when it names none: by its key, as the Java client does (P14), or, without a key,
// one for a while and then another (P15).

import { Buffer } from 'node:buffer'
import { KafkaError } from '../../errors.ts'
import type { Bytes } from '../serde.ts'
import { murmur2, toPositive } from './murmur2.ts'
import type { Partitioner, PartitionLeader } from './types.ts'

/** What choosing needs to know of a topic. */
export interface PartitionChoice {
  readonly name: string
  /** All partitions, those without a leader included (P14). */
  readonly partitionCount: number
  readonly leaders: readonly PartitionLeader[]
  /** Has the partition a leader now? */
  isAvailable(partition: number): boolean
  /** How many batches wait for the partition's leader. */
  queueLength(partition: number): number
}

/** Key and value before their serdes. */
export interface GivenParts {
  readonly key?: unknown
  readonly value?: unknown
}

/** Up to this many characters a loop over `charCodeAt` is faster than the call into native code. */
const SHORT_TEXT_CHARACTERS = 24

let scratch = Buffer.allocUnsafeSlow(1024)

/** P14: murmur2 of the key's bytes with the sign bit cleared, modulo the number of all partitions. */
export function partitionOfKey(key: Bytes, partitionCount: number): number {
  const hash = typeof key === 'string' ? hashOfText(key) : murmur2(key)
  return toPositive(hash) % partitionCount
}

/** What a user's partitioner says, checked. Throws INVALID_ARGUMENT. */
export function partitionByUser(
  partitioner: Partitioner,
  topic: Pick<PartitionChoice, 'name' | 'partitionCount' | 'leaders'>,
  given: GivenParts,
  key: Bytes | null,
  value: Bytes | null,
): number {
  const { name, partitionCount, leaders } = topic
  let partition: unknown
  try {
    partition = partitioner({
      topic: name,
      key: given.key ?? null,
      keyBytes: bytesOf(key),
      value: given.value,
      valueBytes: bytesOf(value),
      partitionCount,
      partitions: leaders,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `the partitioner threw for a record for topic ${name}: ${reason}`
    throw new KafkaError('INVALID_ARGUMENT', message, { topic: name, cause })
  }
  if (isPartition(partition, partitionCount)) return partition
  throw new KafkaError(
    'INVALID_ARGUMENT',
    `the partitioner returned ${show(partition)} for topic ${name}: it must return a whole number from 0 to ${partitionCount - 1}`,
    { topic: name },
  )
}

/** P15, for one topic: sticks to a partition for at least `batchSize` bytes. */
export class StickyPartition {
  readonly #batchSize: number
  readonly #random: () => number
  #partition = -1
  #bytes = 0

  constructor(batchSize: number, random: () => number = Math.random) {
    this.#batchSize = batchSize
    this.#random = random
  }

  /** The partition to use now. */
  current(topic: PartitionChoice): number {
    const known = this.#partition
    if (known >= 0 && known < topic.partitionCount && topic.isAvailable(known)) return known
    this.#switch(topic)
    return this.#partition
  }

  /** A record of so many bytes went to the current partition. */
  used(bytes: number, topic: PartitionChoice): void {
    this.#bytes += bytes
    if (this.#bytes >= this.#batchSize) this.#switch(topic)
  }

  /** Another one at random: the fewer batches wait for it, the likelier (KIP-794). */
  #switch(topic: PartitionChoice): void {
    this.#bytes = 0
    const { partitionCount } = topic
    let candidates = 0
    let longest = 0
    for (let p = 0; p < partitionCount; p++) {
      if (!topic.isAvailable(p)) continue
      candidates++
      longest = Math.max(longest, topic.queueLength(p))
    }
    // None has a leader: records wait for one wherever they are.
    if (candidates === 0) {
      this.#partition = Math.floor(this.#random() * partitionCount)
      return
    }
    let total = 0
    for (let p = 0; p < partitionCount; p++) {
      if (topic.isAvailable(p)) total += longest + 1 - topic.queueLength(p)
    }
    let left = Math.floor(this.#random() * total)
    for (let p = 0; p < partitionCount; p++) {
      if (!topic.isAvailable(p)) continue
      left -= longest + 1 - topic.queueLength(p)
      if (left >= 0) continue
      this.#partition = p
      return
    }
  }
}

/** Is it the number of one of so many partitions? */
export function isPartition(value: unknown, partitionCount: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < partitionCount
}

function hashOfText(text: string): number {
  // First the encoding: it may replace the scratch by a larger one.
  const length = encodeToScratch(text)
  return murmur2(scratch, length)
}

function encodeToScratch(key: string): number {
  const length = key.length
  if (length <= SHORT_TEXT_CHARACTERS) {
    let at = 0
    for (; at < length; at++) {
      const code = key.charCodeAt(at)
      if (code > 0x7f) break
      scratch[at] = code
    }
    if (at === length) return length
  }
  if (length * 3 > scratch.length) scratch = Buffer.allocUnsafeSlow(length * 3)
  return scratch.write(key, 0, 'utf8')
}

function bytesOf(part: Bytes | null): Uint8Array | null {
  return typeof part === 'string' ? Buffer.from(part, 'utf8') : part
}

function show(value: unknown): string {
  return typeof value === 'number' || value === null || value === undefined
    ? String(value)
    : `a ${typeof value}`
}
