// The house's imports go one way. The linter says so in the editor, by the look of a path; here every import, types
// included, is resolved to the room it leads to.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** Each room and what it may import besides itself, lowest first. `client` is what all clients share: topics, serdes … */
const ROOMS: { readonly [room: string]: readonly string[] } = {
  errors: [],
  protocol: ['errors'],
  // What `ottla/protocol` shows of it.
  'protocol/index': ['errors', 'protocol'],
  group: ['errors', 'protocol'],
  testing: ['errors', 'protocol', 'group'],
  // What `ottla/testing` shows of it.
  'testing/index': ['errors', 'group', 'testing'],
  client: ['errors', 'protocol'],
  'client/network': ['errors', 'protocol', 'client'],
  'client/cluster': ['errors', 'protocol', 'client', 'client/network'],
  // The tables name the types of what is given to clients, listeners, partitioners, and assignors by name.
  'client/config': ['errors', 'protocol', 'group', 'client', 'client/producer', 'client/consumer'],
  'client/admin': ['errors', 'protocol', 'group', 'client', 'client/config', 'client/cluster'],
  'client/producer': ['errors', 'protocol', 'client', 'client/config', 'client/cluster', 'client/network'],
  'client/consumer': [
    ...['errors', 'protocol', 'group', 'client', 'client/config', 'client/cluster', 'client/network'],
    'client/admin',
  ],
  entry: [
    'errors',
    'protocol',
    'client',
    'client/config',
    'client/cluster',
    'client/admin',
    'client/producer',
    'client/consumer',
  ],
  index: [
    'errors',
    'entry',
    'client',
    'client/config',
    'client/cluster',
    'client/admin',
    'client/producer',
    'client/consumer',
  ],
  cli: ['index', 'protocol/index', 'testing/index'],
}

const PURE = ['protocol', 'protocol/index', 'group']
/** What pure code may take of Node: bytes and codecs. */
const PURE_MODULES = ['node:buffer', 'node:zlib']
const IMPURE =
  /\b(setTimeout|setInterval|setImmediate|Date\.now|new Date|performance\.now|Math\.random|process\.)/

function roomOf(file: string): string {
  const parts = relative(src, file).split(sep)
  const [first, second] = parts
  if (first === 'protocol' && second === 'index.ts') return 'protocol/index'
  if (first === 'testing' && second === 'index.ts') return 'testing/index'
  if (first !== 'client') return first!.replace(/\.ts$/, '')
  if (parts.length > 2) return `client/${second}`
  return second === 'kafka.ts' || second === 'clients.ts' ? 'entry' : 'client'
}

interface Import {
  readonly file: string
  readonly specifier: string
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(src, name))

const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import\b.*|export\b.*|\} )from '([^']+)'/gm)].map(
    ([, specifier]) => {
      return { file, specifier: specifier! }
    },
  ),
)

describe('the house', () => {
  it('has imports to look at, in every room it lists', () => {
    expect(imports.length).toBeGreaterThan(200)
    expect(new Set(files.map(roomOf))).toEqual(new Set(Object.keys(ROOMS)))
  })

  it('imports nothing but itself and Node: there are no runtime dependencies', () => {
    expect(imports.filter(({ specifier }) => !/^(\.{1,2}\/|node:)/.test(specifier))).toEqual([])
  })

  it('imports one way', () => {
    const wrong = imports.flatMap(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return []
      const target = resolve(dirname(file), specifier)
      const [from, to] = [roomOf(file), roomOf(target)]
      if (from === to || (target.startsWith(src + sep) && ROOMS[from]?.includes(to))) return []
      return [`${relative(src, file)} (${from}) imports ${specifier} (${to})`]
    })
    expect(wrong).toEqual([])
  })

  it.each(PURE)('%s is pure: no socket, no clock, no chance', (room) => {
    const own = files.filter((file) => roomOf(file) === room)
    const modules = imports.filter(
      ({ file, specifier }) => roomOf(file) === room && specifier.startsWith('node:'),
    )
    expect(modules.filter(({ specifier }) => !PURE_MODULES.includes(specifier))).toEqual([])
    const code = (file: string) =>
      readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'[^'\n]*'|`[^`]*`/gm, '')
    expect(own.filter((file) => IMPURE.test(code(file)))).toEqual([])
  })
})
