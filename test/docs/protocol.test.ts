// docs/protocol.md: every block of code compiles under strict TypeScript, runs, and prints what the page says.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'docs/protocol.md'), 'utf8')
const blocks = codeBlocks(page)
const programs = blocks.filter(({ language }) => language === 'ts')
const commands = blocks.filter(({ language }) => language === 'sh')

/** Where the page's code runs: in it lie the files that the page names. */
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ottla-docs-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  cpSync(join(root, 'test/cli/golden/ledger-0'), join(folder, 'ledger-0'), { recursive: true })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = promisify(execFile)

/** The program's file: what a user imports from the package, it imports from the sources. */
function fileOf({ line, code }: (typeof programs)[number]): string {
  const entries = { ottla: 'src/index.ts', 'ottla/protocol': 'src/protocol/index.ts' }
  const file = join(folder, `line-${line}.ts`)
  const source = code.replace(/ from '(ottla(?:\/protocol)?)'/g, (_, name: keyof typeof entries) => {
    return ` from '${join(root, entries[name])}'`
  })
  writeFileSync(file, source)
  return file
}

describe('docs/protocol.md', () => {
  it('has code of two kinds, and what each prints', () => {
    expect(programs.length).toBeGreaterThan(8)
    expect(commands.length).toBeGreaterThan(2)
    expect(blocks.filter(({ language }) => language !== 'ts' && language !== 'sh')).toEqual([])
  })

  it.each(programs)('line $line: runs, and prints what the page says', async (program) => {
    const { stdout } = await run(process.execPath, [fileOf(program)], { cwd: folder })
    expect(stdout).toBe(program.output ?? '')
  })

  it('compiles', { timeout: 180_000 }, () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
    const compiled = ts.createProgram(programs.map(fileOf), { ...options, noEmit: true })
    const problems = ts
      .getPreEmitDiagnostics(compiled)
      .filter(({ file }) => file?.fileName.startsWith(folder))
    expect(
      problems.map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([])
  })

  it.each(commands)('line $line: the command prints what the page says', async ({ code, output }) => {
    const [command, ...words] = code.replaceAll('\\\n', ' ').trim().split(/\s+/)
    expect(command).toBe('ottla')
    const main = join(root, 'src/cli/main.ts')
    const { stdout, stderr } = await run(process.execPath, [main, ...words], { cwd: folder })
    expect(stdout).toBe(output)
    expect(stderr).toBe('')
  })
})
