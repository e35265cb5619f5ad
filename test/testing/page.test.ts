// docs/testing-assignors.md: every block of code runs, and prints what the page says.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks } from '../docs/code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const blocks = codeBlocks(readFileSync(join(root, 'docs/testing-assignors.md'), 'utf8'))
const programs = blocks.filter(({ language }) => language === 'ts')
const commands = blocks.filter(({ language }) => language === 'sh')
const entries = { assignors: 'src/group/assignors/index.ts', testing: 'src/testing/index.ts' }
const run = promisify(execFile)

let folder: string

/** The name that the code says in its first line, or one of its own. */
function fileOf({ line, code }: CodeBlock): string {
  return join(folder, /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `line-${line}.ts`)
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ottla-testing-page-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const program of programs) {
    const source = program.code.replace(
      / from 'ottla\/(assignors|testing)'/g,
      (_, name: keyof typeof entries) => {
        return ` from '${join(root, entries[name])}'`
      },
    )
    writeFileSync(fileOf(program), source)
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('docs/testing-assignors.md', () => {
  it('has a test of ten lines, and programs that print', () => {
    const test = programs.find(({ code }) => code.includes('test('))!
    expect(test.code.slice(test.code.indexOf('test(')).trim().split('\n').length).toBeLessThanOrEqual(10)
    expect(programs.filter(({ output }) => output !== undefined).length).toBeGreaterThan(2)
    expect(commands).toHaveLength(1)
  })

  it.each(programs)('line $line: runs, and prints what the page says', async (program) => {
    // What Node's test runner prints has times in it: there, that it passes is all.
    const { stdout } = await run(process.execPath, [fileOf(program)], { cwd: folder })
    if (program.code.includes('node:test')) expect(stdout).toMatch(/pass 1\n/)
    else expect(stdout).toBe(program.output ?? '')
  })

  it.each(commands)('line $line: the command prints what the page says', async ({ code, output }) => {
    const [command, ...words] = code.trim().split(/\s+/)
    expect(command).toBe('ottla')
    const { stdout } = await run(process.execPath, [join(root, 'src/cli/main.ts'), ...words])
    expect(stdout).toBe(output)
  })
})
