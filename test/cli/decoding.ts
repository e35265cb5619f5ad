// `ottla decode` within the test's own process: what it prints, and how it ends.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode } from '../../src/cli/decode.ts'

export interface Printed {
  readonly text: string
  readonly lines: readonly string[]
  /** What it ended with; undefined when all was well. */
  readonly error: string | undefined
}

export async function decoded(...words: readonly string[]): Promise<Printed> {
  let text = ''
  const output = {
    async write(added: string) {
      text += added
    },
    async flush() {},
  }
  const error = await decode(words, output).then(
    () => undefined,
    (error: Error) => error.message,
  )
  return { text, lines: text === '' ? [] : text.replace(/\n$/, '').split('\n'), error }
}

/** The documents that it prints with --json. */
export async function decodedJson(...words: readonly string[]) {
  const { lines, error } = await decoded('--json', ...words)
  return { documents: lines.map((line) => JSON.parse(line)), error }
}

const golden = fileURLToPath(new URL('./golden/', import.meta.url))

/** What a real broker left, or sent (make-golden.ts). */
export function goldenPath(...names: readonly string[]): string {
  return join(golden, ...names)
}

export interface GoldenFrame {
  readonly api: string
  readonly version: number
  /** In hex, with its length. */
  readonly request: string
  readonly response: string
}

/** In the order in which they were exchanged. */
export const goldenFrames: readonly GoldenFrame[] = JSON.parse(
  readFileSync(goldenPath('frames.json'), 'utf8'),
)

export function goldenFrame(api: string): GoldenFrame {
  return goldenFrames.findLast((frame) => frame.api === api)!
}

export interface TemporaryFolder extends Disposable {
  /** Writes a file, in a folder of its own where the name has one; returns its path. */
  write(name: string, bytes: string | Uint8Array): string
  path(name: string): string
}

export function temporaryFolder(): TemporaryFolder {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-decode-'))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write(name, bytes) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), bytes)
      return path(name)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
