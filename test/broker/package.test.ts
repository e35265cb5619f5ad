// The package as it is published: packed, installed in an empty folder, and run on every supported Node.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const runtimes = join(root, 'test/runtimes')
const NODES = ['node20', 'node22', 'node24', 'node26']
const STEP_TIMEOUT_MS = 240_000

let folder: string

beforeAll(async () => {
  if (!existsSync(join(runtimes, 'node_modules/.package-lock.json')))
    await run('npm', ['ci'], { cwd: runtimes })
  folder = await mkdtemp(join(tmpdir(), 'ottla-package-'))
  // prepack builds; its own output goes to standard error.
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const packed = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0].filename as string
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', '--no-audit', '--no-fund', `./${packed}`], { cwd: folder })
  for (const file of ['smoke.mjs', 'smoke.cjs', 'smoke.mts', 'smoke.cts']) {
    await copyFile(join(runtimes, file), join(folder, file))
  }
}, STEP_TIMEOUT_MS)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('the packed package', () => {
  it('brings no dependency with it', async () => {
    const installed = await readdir(join(folder, 'node_modules'))
    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['ottla'])
  })

  it.each(NODES)('produces and consumes on %s, as ESM, and ends by itself', async (node) => {
    const topic = `smoke-${node}-${Date.now().toString(36)}`
    const { stdout } = await run(
      join(runtimes, 'node_modules', node, 'bin/node'),
      ['smoke.mjs', topic, inject('bootstrapServers')],
      { cwd: folder, timeout: STEP_TIMEOUT_MS },
    )
    expect(stdout).toMatch(/^ok v\d+/)
  })

  it.each(NODES)('loads as CommonJS on %s', async (node) => {
    const { stdout } = await run(join(runtimes, 'node_modules', node, 'bin/node'), ['smoke.cjs'], {
      cwd: folder,
    })
    expect(stdout).toMatch(/^ok v\d+/)
  })

  it('has a working ottla command', async () => {
    const { stdout } = await run(join(folder, 'node_modules/.bin/ottla'), ['--help'])
    expect(stdout).toContain('Usage: ottla COMMAND')
  })

  it.each(['typescript-oldest', 'typescript-newest'])('has types that hold on %s', async (typescript) => {
    const tsc = join(runtimes, 'node_modules', typescript, 'bin/tsc')
    const flags =
      '--noEmit --strict --module nodenext --moduleResolution nodenext --target es2022 --lib es2023,esnext.disposable --skipLibCheck false --types node'
    const typeRoots = ['--typeRoots', join(runtimes, 'node_modules/@types')]
    const { stdout } = await run(tsc, [...flags.split(' '), ...typeRoots, 'smoke.mts', 'smoke.cts'], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  })
})
