// Text as bytes. Hot: of short texts, which most names and keys are, a loop over `charCodeAt` is faster than the call into
// native code (measured).

import { Buffer } from 'node:buffer'

const SHORT_TEXT_CHARACTERS = 24

/** How many bytes it takes in UTF-8. */
export function utf8Length(text: string): number {
  const length = text.length
  if (length > SHORT_TEXT_CHARACTERS) return Buffer.byteLength(text)
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text)
  }
  return length
}

/** Writes it at `at`, where there is room for its `bytes` bytes. */
export function writeUtf8(buffer: Buffer, text: string, bytes: number, at: number): void {
  const length = text.length
  if (bytes !== length) buffer.write(text, at, bytes, 'utf8')
  else if (length > SHORT_TEXT_CHARACTERS) buffer.write(text, at, bytes, 'latin1')
  else for (let i = 0; i < length; i++) buffer[at + i] = text.charCodeAt(i)
}
