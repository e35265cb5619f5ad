// Running a command to its end: its output, its exit code, a deadline, and an error that shows the last lines.
import type { ChildProcess } from 'node:child_process'
import { spawnGuarded } from './guard.ts'

export interface RunOptions {
  /** Text for its standard input, which is then closed. */
  stdin?: string
  /** Ends it with SIGKILL and rejects after this long. Default 60000. */
  deadlineMs?: number
  cwd?: string
  env?: NodeJS.ProcessEnv
}

export interface RunResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Runs a command to its end, whatever its exit code. Rejects when it can't be started or overruns its deadline. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const { stdin = '', deadlineMs = 60_000, cwd, env } = options
  const child = spawnGuarded(command, args, {
    stdio: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  })
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.stdin!.on('error', () => {}) // it may end without reading
    child.stdin!.end(stdin)
    const deadline = setTimeout(() => {
      child.kill('SIGKILL')
      const said = lastLines(`${stdout}\n${stderr}`)
      reject(new Error(`${commandLine(command, args)} had not ended after ${deadlineMs} ms.\n${said}`))
    }, deadlineMs)
    child.once('error', (error) => {
      clearTimeout(deadline)
      reject(error)
    })
    child.once('close', (exitCode) => {
      clearTimeout(deadline)
      resolve({ exitCode, stdout, stderr })
    })
  })
}

/** Runs a command that has to end with exit code 0, and returns what it wrote. */
export async function runOrThrow(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const result = await run(command, args, options)
  if (result.exitCode !== 0) {
    const said = lastLines(`${result.stdout}\n${result.stderr}`)
    throw new Error(`${commandLine(command, args)} ended with exit code ${result.exitCode}.\n${said}`)
  }
  return result
}

/** Resolves when the process is gone, at once when it is already. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve()
    else child.once('exit', () => resolve())
  })
}

/** Rejects with `message` when the promise has not settled in time. */
export async function within<T>(
  deadlineMs: number,
  promise: Promise<T>,
  message: () => string | Promise<string>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const overrun = new Promise<never>((_, reject) => {
    timer = setTimeout(async () => reject(new Error(await message())), deadlineMs)
  })
  try {
    return await Promise.race([promise, overrun])
  } finally {
    clearTimeout(timer)
  }
}

export function lastLines(text: string, count = 20): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(-count).join('\n')
}

function commandLine(command: string, args: string[]): string {
  const text = [command, ...args].join(' ')
  return text.length > 300 ? `${text.slice(0, 300)}...` : text
}
