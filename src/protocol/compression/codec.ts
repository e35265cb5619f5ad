// What a codec of record batches does.

export interface DecompressOptions {
  /** More output than this is an error, and is not produced first. */
  readonly maxBytes: number
  /** The bytes stand in a message set of magic 0, where the lz4 frame header's checksum is wrong (KAFKA-3160). */
  readonly magic0?: boolean | undefined
}

/**
 * One codec. Both directions throw on failure; what `decompress` throws becomes the cause of a CorruptRecordError. The
 * level is on the codec's own scale ({@link COMPRESSION_LEVELS} for those here); one that it does not have is an error.
 */
export interface CompressionCodec {
  compress(bytes: Uint8Array, level?: number): Uint8Array
  decompress(bytes: Uint8Array, options: DecompressOptions): Uint8Array
  /** The same off the event loop, for large inputs. Where absent, the synchronous one is used. */
  compressAsync?(bytes: Uint8Array, level?: number): Promise<Uint8Array>
  decompressAsync?(bytes: Uint8Array, options: DecompressOptions): Promise<Uint8Array>
}
