// Values as a person reads them.

import { field } from '../output.ts'

/** What is shown of a long value unless everything is asked for (--full). */
const SHOWN_BYTES = 48
const SHOWN_CHARACTERS = 500

/** Beyond what a Date can say. */
const LARGEST_TIME = 8_640_000_000_000_000

/** `2026-11-21T15:25:43.556Z`; `-` for none. */
export function timeText(ms: number): string {
  if (ms === -1) return '-'
  return Math.abs(ms) <= LARGEST_TIME ? new Date(ms).toISOString() : `${ms} ms`
}

/** In quotes, all on one line. */
export function quoted(text: string, full: boolean): string {
  const shown = full ? text : text.slice(0, SHOWN_CHARACTERS)
  const rest = shown === text ? '' : `… (${text.length} characters)`
  return `"${field(shown).replaceAll('"', '\\"')}"${rest}`
}

/** Text in quotes, other bytes as hex. */
export function bytesText(bytes: Uint8Array, full: boolean): string {
  const text = printableText(bytes)
  return text === undefined ? hexText(bytes, full) : quoted(text, full)
}

/**
 * A key or value of a record: text without quotes, unless it would be taken for something else; other bytes as hex.
 */
export function plainText(bytes: Uint8Array | null, full: boolean): string {
  if (bytes === null) return 'null'
  const text = printableText(bytes)
  if (text === undefined) return hexText(bytes, full)
  const isPlain = /^[^\s"](?:.*\S)?$/s.test(text) && !/^(?:0x|null$)/.test(text) && !text.includes('  ')
  if (!isPlain) return quoted(text, full)
  const shown = full ? text : text.slice(0, SHOWN_CHARACTERS)
  return `${field(shown)}${shown === text ? '' : `… (${text.length} characters)`}`
}

/** `0x00ff`; of many bytes the first, and how many there are. */
export function hexText(bytes: Uint8Array, full: boolean): string {
  const shown = full ? bytes : bytes.subarray(0, SHOWN_BYTES)
  const hex = Buffer.from(shown.buffer, shown.byteOffset, shown.length).toString('hex')
  return shown.length === bytes.length ? `0x${hex}` : `0x${hex}… (${bytes.length} bytes)`
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes as text; undefined when they are none, or hold control characters other than line ends and tabs. */
function printableText(bytes: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(bytes)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these make bytes of another kind
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
