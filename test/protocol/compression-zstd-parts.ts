// Which parts of the zstd format frames have, so that a test can see that it tried all of them. Frames are taken to be
// well-formed, and to have no dictionary.

const BLOCKS = ['raw block', 'RLE block', 'compressed block']
const LITERALS = ['raw literals', 'RLE literals', 'compressed literals', 'treeless literals']
const MODES = ['predefined', 'RLE', 'compressed', 'repeated']

export const ALL_ZSTD_PARTS: readonly string[] = [
  ...['content size', 'no content size', 'window', 'single segment', 'checksum', 'no checksum'],
  ...['several blocks', 'no sequences', 'one-byte count', 'two-byte count', 'three-byte count'],
  ...['one stream', 'four streams'],
  ...[...BLOCKS, ...LITERALS],
  ...['literal lengths', 'offsets', 'match lengths'].flatMap((part) =>
    MODES.map((mode) => `${mode} ${part}`),
  ),
]

export function zstdParts(frame: Buffer): Set<string> {
  const descriptor = frame[4]!
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 1 << sizeFlag
  const parts = new Set([
    sizeBytes > 0 ? 'content size' : 'no content size',
    isSingleSegment ? 'single segment' : 'window',
    (descriptor & 4) !== 0 ? 'checksum' : 'no checksum',
  ])
  let at = 5 + Number(!isSingleSegment) + sizeBytes
  for (let isFirst = true, isLast = false; !isLast; isFirst = false) {
    const header = frame.readUIntLE(at, 3)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    const size = type === 1 ? 1 : header >>> 3
    parts.add(BLOCKS[type]!)
    if (!isFirst) parts.add('several blocks')
    if (type === 2) blockParts(frame.subarray(at + 3, at + 3 + size), parts)
    at += 3 + size
  }
  return parts
}

function blockParts(block: Buffer, parts: Set<string>): void {
  const type = block[0]! & 3
  const format = (block[0]! >>> 2) & 3
  parts.add(LITERALS[type]!)
  const headerBytes = type < 2 ? [1, 2, 1, 3][format]! : [3, 3, 4, 5][format]!
  const header = block.readUIntLE(0, headerBytes)
  let at = headerBytes
  if (type === 0) at += Math.floor(header / ((format & 1) === 0 ? 8 : 16))
  else if (type === 1) at++
  else {
    parts.add(format === 0 ? 'one stream' : 'four streams')
    at += Math.floor(header / 2 ** (4 + [10, 10, 14, 18][format]!))
  }
  const count = block[at]!
  if (count === 0) {
    parts.add('no sequences')
    return
  }
  const countBytes = count < 128 ? 1 : count < 255 ? 2 : 3
  parts.add(`${['one', 'two', 'three'][countBytes - 1]}-byte count`)
  const modes = block[at + countBytes]!
  parts.add(`${MODES[modes >>> 6]} literal lengths`)
  parts.add(`${MODES[(modes >>> 4) & 3]} offsets`)
  parts.add(`${MODES[(modes >>> 2) & 3]} match lengths`)
}
