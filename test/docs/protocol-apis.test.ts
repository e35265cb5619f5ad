import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { protocolApisFile, protocolApisPage } from '../../scripts/docs.ts'

test('docs/protocol-apis.md is what `npm run docs` writes', async () => {
  expect(await readFile(protocolApisFile, 'utf8')).toBe(await protocolApisPage())
})

test('every API is defined in under 4,000 lines', () => {
  const folder = fileURLToPath(new URL('../../src/protocol/api/', import.meta.url))
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
  expect(lines.length).toBeGreaterThan(1000)
  expect(lines.length).toBeLessThan(4000)
})
