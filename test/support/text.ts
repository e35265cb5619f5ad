// Characters for random strings.
import fc from 'fast-check'

/**
 * Any character of Unicode, of one byte of UTF-8 as often as of more. The units of fast-check's own that have them
 * all take a second and 100 MB to be made.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(
    fc.nat(0x7f),
    fc.nat(0xd7ff),
    fc.integer({ min: 0xe000, max: 0xffff }),
    fc.integer({ min: 0x1_0000, max: 0x10_ffff }),
  )
  .map((codePoint) => String.fromCodePoint(codePoint))
