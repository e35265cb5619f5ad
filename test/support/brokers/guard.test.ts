import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

// A program that starts a guarded process, makes a guarded folder, and tells both.
const program = `
import { spawnGuarded, makeGuardedFolder } from ${JSON.stringify(fileURLToPath(new URL('./guard.ts', import.meta.url)))}
const child = spawnGuarded(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
const folder = await makeGuardedFolder('guarded-', process.argv[1])
console.log(JSON.stringify({ pid: child.pid, folder }))
`

let parentFolder: string
let parent: ChildProcess

beforeEach(() => {
  parentFolder = mkdtempSync(join(tmpdir(), 'ottla-guard-test-'))
})

afterEach(() => {
  parent.kill('SIGKILL')
  rmSync(parentFolder, { recursive: true, force: true })
})

async function startParent(end = ''): Promise<{ pid: number; folder: string }> {
  const args = ['--input-type=module', '-e', program + end, parentFolder]
  parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: parent.stdout! })) return JSON.parse(line)
  throw new Error('the parent told nothing')
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function expectNothingLeft({ pid, folder }: { pid: number; folder: string }): Promise<void> {
  await vi.waitFor(() => expect([isRunning(pid), existsSync(folder)]).toEqual([false, false]), 20_000)
}

test('a parent ended by kill -9 leaves neither its process nor its folder behind', async () => {
  const made = await startParent('setInterval(() => {}, 1000)')
  expect([isRunning(made.pid), existsSync(made.folder)]).toEqual([true, true])
  parent.kill('SIGKILL')
  await expectNothingLeft(made)
})

test('a frozen process is ended, too', async () => {
  const made = await startParent('setInterval(() => {}, 1000)')
  process.kill(made.pid, 'SIGSTOP')
  parent.kill('SIGKILL')
  await expectNothingLeft(made)
})

test('the guard does not keep its parent alive, and what a parent forgot to end is ended with it', async () => {
  const made = await startParent('child.unref()')
  await expectNothingLeft(made)
})
