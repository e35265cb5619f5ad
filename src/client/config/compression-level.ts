// `compression…Level`: how hard a codec works, on its own scale (KIP-390).

import { COMPRESSION_LEVELS, isLevel, levelProblem } from '../../protocol/compression/levels.ts'
import { type Option, option, show } from './option.ts'

export function compressionLevel(
  codec: keyof typeof COMPRESSION_LEVELS,
  notes: { readonly java: string },
): Option<number, number> {
  const levels = COMPRESSION_LEVELS[codec]
  const range = `${levels.min} to ${levels.max}`
  return option<number>(
    levels.default < levels.min ? `${range}, or ${levels.default}` : range,
    (value, refuse) =>
      typeof value === 'number' && isLevel(levels, value) ? value : refuse(levelProblem(levels, show(value))),
    levels.default,
    notes,
  )
}
