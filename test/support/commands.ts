// Commands of the repository as processes: what they say, signals to them, and how they end.

import { fileURLToPath } from 'node:url'
import { spawnGuarded } from './brokers/guard.ts'

export interface Ended {
  readonly exitCode: number | null
  /** Set when it was ended by a signal, instead of ending by itself. */
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Command {
  /** Resolves when it has said this, on standard output or error; rejects when it has ended without. */
  said(text: string): Promise<void>
  /** Ctrl-C. */
  interrupt(): void
  readonly ended: Promise<Ended>
}

const root = new URL('../../', import.meta.url)

/** Runs `node <path from the repository's root> …`; standard input stays open unless there is text for it. */
export function startCommand(
  path: string,
  words: readonly string[],
  { stdin, env = {} }: { readonly stdin?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Command {
  const child = spawnGuarded(process.execPath, [fileURLToPath(new URL(path, root)), ...words], {
    stdio: 'pipe',
    env: { ...process.env, ...env },
  })
  let [stdout, stderr] = ['', '']
  const listeners = new Set<() => void>()
  const heard = () => {
    for (const listener of listeners) listener()
  }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    heard()
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    heard()
  })
  child.stdin!.on('error', () => {}) // it may end without reading
  if (stdin !== undefined) child.stdin!.end(stdin)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
  })
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    async said(text) {
      const has = () => stdout.includes(text) || stderr.includes(text)
      const listening = new Promise<void>((resolve) => {
        const look = () => {
          if (!has()) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
      })
      await Promise.race([listening, ended])
      if (!has()) throw new Error(`it has ended without saying '${text}':\n${stdout}\n${stderr}`)
    },
  }
}

/** The ottla command. */
export function ottla(words: readonly string[], options?: Parameters<typeof startCommand>[2]): Command {
  return startCommand('src/cli/main.ts', words, options)
}
