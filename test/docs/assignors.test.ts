// docs/assignors.md: every block of code compiles under strict TypeScript, runs, and prints what the page says.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const programs = codeBlocks(readFileSync(join(root, 'docs/assignors.md'), 'utf8'))
const run = promisify(execFile)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ottla-docs-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The program's file: what a user imports from the package, it imports from the sources. */
function fileOf({ line, code }: (typeof programs)[number]): string {
  const file = join(folder, `line-${line}.ts`)
  writeFileSync(file, code.replaceAll("'ottla/assignors'", `'${join(root, 'src/group/assignors/index.ts')}'`))
  return file
}

describe('docs/assignors.md', () => {
  it('has programs, and what each prints', () => {
    expect(programs.map(({ language }) => language)).toEqual(['ts', 'ts', 'ts'])
  })

  it.each(programs)('line $line: runs, and prints what the page says', async (program) => {
    const { stdout } = await run(process.execPath, [fileOf(program)], { cwd: folder })
    expect(stdout).toBe(program.output)
  })

  it('compiles', { timeout: 180_000 }, () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
    const compiled = ts.createProgram(programs.map(fileOf), { ...options, noEmit: true })
    const problems = ts
      .getPreEmitDiagnostics(compiled)
      .filter(({ file }) => file?.fileName.startsWith(folder))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
    expect(problems).toEqual([])
  })
})
