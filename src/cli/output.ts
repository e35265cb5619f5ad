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

/** Whoever reads our output has gone away (`ottla decode … | head`): there is nobody to write for. */
export class OutputClosed extends Error {}

/** Standard output for much text: no more of it is kept than the reader has room for. */
export interface Output {
  /** Adds text, and waits once there is much. */
  write(text: string): Promise<void>
  /** Hands on what was added, and waits until it is taken. */
  flush(): Promise<void>
}

const MUCH_TEXT = 64 * 1024

export function standardOutput(): Output {
  let added = ''
  let failure: Error | undefined
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code === 'EPIPE' ? new OutputClosed() : error
  })
  const flush = async () => {
    const taken = added
    added = ''
    await new Promise<void>((resolve) => process.stdout.write(taken, () => resolve()))
    if (failure !== undefined) throw failure
  }
  return {
    flush,
    async write(text) {
      added += text
      if (added.length >= MUCH_TEXT) await flush()
    },
  }
}

/** Notes about the run go to standard error, so that standard output stays records only. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

type Cells = readonly (string | number)[]

/** Columns aligned, the first row as heading. */
export function table(rows: readonly Cells[]): void {
  const columns = rows[0]?.map((title) => ({ title: String(title) })) ?? []
  for (const line of tableLines(columns, rows.slice(1))) process.stdout.write(`${line}\n`)
}

export interface Column {
  readonly title: string
  /** At least so wide. */
  readonly width?: number
  /** Numbers stand at the right. */
  readonly right?: boolean
}

/** The heading and the rows, each column as wide as its widest cell. */
export function tableLines(columns: readonly Column[], rows: readonly Cells[]): readonly string[] {
  const fitting = columns.map((column, index) => {
    const widths = rows.map((row) => String(row[index]).length)
    return { ...column, width: Math.max(column.title.length, ...widths) }
  })
  return [headingLine(fitting), ...rows.map((row) => rowLine(fitting, row))]
}

export function headingLine(columns: readonly Column[]): string {
  return rowLine(
    columns,
    columns.map(({ title }) => title),
  )
}

export function rowLine(columns: readonly Column[], row: Cells): string {
  const cells = columns.map(({ title, width = title.length, right }, index) => {
    const text = String(row[index] ?? '')
    return right ? text.padStart(width) : text.padEnd(width)
  })
  return cells.join('  ').trimEnd()
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
