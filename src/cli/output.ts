// Lines on standard output, one a record, whatever its bytes are.

import type { Logger } from '../index.ts'

const FIELD_SEPARATOR = '\t'

/** Text as it is, bytes that are no UTF-8 as hex; what would break the line is escaped. */
export function field(value: Uint8Array | string | number | null): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? value : textOf(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just these must not reach the terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\\]/g, escaped)
}

export function line(...fields: readonly (Uint8Array | string | number | null)[]): void {
  process.stdout.write(`${fields.map(field).join(FIELD_SEPARATOR)}\n`)
}

/** Notes about the run go to standard error, so that standard output stays records only. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Columns aligned, the first row as heading. */
export function table(rows: readonly (readonly (string | number)[])[]): void {
  const texts = rows.map((row) => row.map(String))
  const widths = texts[0]?.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of texts) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
}

/** `1 record`, `2 records`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** What the client has to say, one line each, without the facts beside it; each warning once. `info` only if asked. */
export function notes({ info = false }: { readonly info?: boolean | undefined } = {}): Logger {
  const said = new Set<string>()
  const once = (text: string) => {
    if (!said.has(text)) note(text.replaceAll(/\s*\n\s*/g, ' '))
    said.add(text)
  }
  return {
    debug() {},
    info: (message) => (info ? note(message) : undefined),
    warn: (message) => once(`warning: ${message}`),
    error: (message) => once(`error: ${message}`),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
  }
}

function escaped(character: string): string {
  switch (character) {
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    case '\\':
      return '\\\\'
    default:
      return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  }
}
