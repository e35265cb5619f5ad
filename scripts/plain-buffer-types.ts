// After the build: declares `Buffer` and `Uint8Array` without their type argument. The compiler writes it where it
// infers a type, but TypeScript before 5.7, and the node types that go with it, do not have it. Without it they mean
// the same, or what contains it.

import { readdir, readFile, writeFile } from 'node:fs/promises'

const dist = new URL('../dist/', import.meta.url)

for (const name of await readdir(dist)) {
  if (!/\.d\.c?ts$/.test(name)) continue
  const file = new URL(name, dist)
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replaceAll(/\b((?:Buffer|Uint8Array)(?:\$\d+)?)<ArrayBuffer(?:Like)?>/g, '$1'))
}
