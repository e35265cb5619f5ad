import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { configurationFile, configurationPage } from '../../scripts/docs.ts'

test('docs/configuration.md is what `npm run docs` writes', async () => {
  expect(await readFile(configurationFile, 'utf8')).toBe(await configurationPage())
})
