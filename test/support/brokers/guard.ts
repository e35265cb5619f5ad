// Everything this process starts or creates outside itself is told to one guard process, so that nothing is
// left behind when this process ends in any way, kill -9 included (see guard-process.ts).
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the guard is told, one JSON line each: what to end or remove, and what no longer needs it. */
export type GuardLine =
  | { watch: 'process'; pid: number }
  | { watch: 'folder'; path: string }
  | { watch: 'containers'; label: string }
  | { forget: 'process'; pid: number }
  | { forget: 'folder'; path: string }
  | { forget: 'containers'; label: string }

let guard: ChildProcess | undefined

/** Tells the guard what to end or remove once this process is gone. */
export function tellGuard(line: GuardLine): void {
  guard ??= startGuard()
  guard.stdin!.write(`${JSON.stringify(line)}\n`)
}

/**
 * Starts a process that the guard ends with SIGKILL when this one is gone. It is in a session of its own:
 * a Ctrl-C in the terminal does not reach it, so that its end stays in the caller's hands.
 */
export function spawnGuarded(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true })
  const pid = child.pid
  if (pid !== undefined) {
    tellGuard({ watch: 'process', pid })
    child.once('exit', () => tellGuard({ forget: 'process', pid }))
  }
  return child
}

/** Makes a temporary folder that is gone when this process is; `removeGuardedFolder` removes it earlier. */
export async function makeGuardedFolder(prefix: string, parent = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, prefix))
  tellGuard({ watch: 'folder', path })
  return path
}

export async function removeGuardedFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  tellGuard({ forget: 'folder', path })
}

function startGuard(): ChildProcess {
  const script = fileURLToPath(new URL('./guard-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
    // A test runner's own settings (loaders, inspectors) are not for the guard.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  // The guard must not keep this process alive: it outlives it by design.
  child.unref()
  const stdin = child.stdin as unknown as { unref(): void; on(event: 'error', listener: () => void): void }
  stdin.unref()
  stdin.on('error', () => {})
  return child
}
