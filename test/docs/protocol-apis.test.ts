import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { protocolApisFile, protocolApisPage } from '../../scripts/docs.ts'

test('docs/protocol-apis.md is what `npm run docs` writes', async () => {
  expect(await readFile(protocolApisFile, 'utf8')).toBe(await protocolApisPage())
})
