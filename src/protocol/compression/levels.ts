// How hard the codecs work, on their own scales, as Kafka bounds them (KIP-390). snappy has no levels.

import { KafkaError } from '../../errors.ts'

export interface CompressionLevels {
  readonly min: number
  readonly max: number
  /** Also where it lies outside the range, as gzip's -1, zlib's own choice. */
  readonly default: number
}

export const COMPRESSION_LEVELS = {
  gzip: { min: 1, max: 9, default: -1 },
  /** 9 is the fast way to compress, all others search harder, as in Java. */
  lz4: { min: 1, max: 17, default: 9 },
  /** 0 is the default, too; below 0 it is faster and compresses less. */
  zstd: { min: -131_072, max: 22, default: 3 },
} as const satisfies { readonly [name: string]: CompressionLevels }

/**
 * The level to use.
 *
 * @throws KafkaError INVALID_ARGUMENT for one that is not in the codec's range.
 */
export function levelOf(codec: keyof typeof COMPRESSION_LEVELS, level: number | undefined): number {
  const levels: CompressionLevels = COMPRESSION_LEVELS[codec]
  if (level === undefined || isLevel(levels, level)) return level ?? levels.default
  throw new KafkaError('INVALID_ARGUMENT', `compression level of ${codec} ${levelProblem(levels, level)}`)
}

export function isLevel(levels: CompressionLevels, level: number): boolean {
  return level === levels.default || (Number.isInteger(level) && level >= levels.min && level <= levels.max)
}

/** Why it is none; reads on after the option's name. */
export function levelProblem({ min, max, default: preset }: CompressionLevels, level: unknown): string {
  const outside = preset < min ? `, or ${preset} for its own choice` : ''
  return `must be a whole number from ${min} to ${max}${outside}, not ${level}`
}
