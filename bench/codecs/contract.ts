// What a client offers to be measured, and what a row asks of it. A driver turns the neutral input into what its client
// wants before the clock starts; the job it gives is what is timed; its output, in neutral form, is checked once.

import type { Buffer } from 'node:buffer'

/** A record as every client gets it: each part as bytes and as the text that these bytes are. */
export interface Sample {
  readonly key: Buffer
  readonly keyText: string
  readonly value: Buffer
  readonly valueText: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
}

/** A decoded record, for the check: text stands for bytes, which are ASCII in all samples. */
export interface PlainRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string
  readonly value: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface EncodeInput {
  readonly samples: readonly Sample[]
  /** What the application has: a client that takes only the other converts it while it is timed. */
  readonly given: 'bytes' | 'text'
}

export interface DecodeInput {
  readonly batch: Buffer
  /**
   * `walk`: each record's offset, timestamp and where its parts lie, as far as the client can do less than `views`;
   * `views`: an array of records, key and value of each at hand as bytes; `text`: the same as strings.
   */
  readonly look: 'walk' | 'views' | 'text'
  /** Whether the checksum is checked. No peer does. */
  readonly checked: boolean
}

export type CompressionName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface MessageInput {
  readonly version: number
  /** The body, without length and header. */
  readonly body: Buffer
}

export interface PlainPartition {
  readonly topic: string
  readonly partition: number
  readonly numbers: readonly number[]
}

export interface FetchInput extends MessageInput {
  /** Whether the records of each partition are decoded too, every key and value viewed. */
  readonly records: boolean
}

export interface Job<Output> {
  /** What is timed. Returns a promise only where the client's own function does. */
  readonly run: () => unknown
  /** The result of a run in neutral form; not timed. */
  readonly output: (result: unknown) => Output | Promise<Output>
}

/** A client's function to measure, or why there is none. */
export type Operation<Input, Output> = ((input: Input) => Job<Output> | string) | string

export interface CodecDriver {
  readonly version: string
  /** One batch with its checksum. Output: its bytes. */
  readonly encodeBatch: Operation<EncodeInput, Buffer>
  readonly decodeBatch: Operation<DecodeInput, readonly PlainRecord[]>
  readonly compress: { readonly [name in CompressionName]: Operation<Buffer, Buffer> }
  readonly decompress: { readonly [name in CompressionName]: Operation<Buffer, Buffer> }
  /** Over each input in turn. Output: the checksums, unsigned. */
  readonly crc32c: Operation<readonly Buffer[], readonly number[]>
  /** Over each key in turn. Output: the hashes, signed. */
  readonly murmur2: Operation<readonly Buffer[], readonly number[]>
  /** The same of keys that are text, as far as the partitioner does it: converting included. */
  readonly murmur2OfText: Operation<readonly string[], readonly number[]>
  /** A request for these topics. Output: the body. */
  readonly encodeMetadataRequest: Operation<
    { readonly version: number; readonly topics: readonly string[] },
    Buffer
  >
  /** Numbers of a partition: leader, then replicas, then in-sync replicas. */
  readonly decodeMetadata: Operation<MessageInput, readonly PlainPartition[]>
  /** Numbers of a partition: high watermark, then offset and value length of each record if they were asked for. */
  readonly decodeFetch: Operation<FetchInput, readonly PlainPartition[]>
}

/** Erases a job's own result type: the row only hands it from `run` to `output`. */
export function job<Result, Output>(
  run: () => Result | Promise<Result>,
  output: (result: Result) => Output | Promise<Output>,
): Job<Output> {
  return { run, output: (result) => output(result as Result) }
}
