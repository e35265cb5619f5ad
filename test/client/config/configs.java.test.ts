// Names and defaults against ProducerConfig, ConsumerConfig and AdminClientConfig of kafka-clients 4.4.0.
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { hintFor } from '../../../src/client/config/hints.ts'
import type { Option, OptionTable } from '../../../src/client/config/option.ts'
import { type OptionsKind, tables } from '../../../src/client/config/tables.ts'
import { javaProgram, runJava } from '../../support/brokers/java.ts'

/** Default by name, by kind of client. */
const java = new Map<string, Map<string, string>>()

beforeAll(async () => {
  const program = await javaProgram(
    fileURLToPath(new URL('../../interop/java/Configs.java', import.meta.url)),
  )
  const { stdout } = await runJava(program, [])
  for (const line of stdout.trimEnd().split('\n')) {
    const [kind, name, defaultValue] = line.split('\t') as [string, string, string]
    java.set(kind, (java.get(kind) ?? new Map()).set(name, defaultValue))
  }
  expect([...java].map(([kind, options]) => [kind, options.size > 40])).toEqual([
    ['producer', true],
    ['consumer', true],
    ['admin', true],
  ])
})

/** As Java prints it. */
function shown({ default: value }: Option<unknown, unknown>): string {
  return value === undefined ? 'null' : String(value)
}

/** Java's default where it says nothing, in our words. */
function normalized(value: string): string {
  return value === '' ? 'null' : value
}

const kinds = Object.entries(tables) as [OptionsKind, OptionTable][]
const lines = kinds.flatMap(([kind, table]) =>
  Object.entries(table).map(([name, line]) => ({ kind, name, line })),
)

describe.each(lines.filter(({ line }) => line.java !== undefined))('$kind.$name', ({ kind, name, line }) => {
  const configs = () => (kind === 'kafka' ? [...java.values()] : [java.get(kind)!])

  test("is Java's name in camelCase, and Java has it", () => {
    expect(name).toBe(line.java!.replaceAll(/\.(.)/g, (_, letter: string) => letter.toUpperCase()))
    const holders = configs().filter((options) => options.has(line.java!))
    expect(holders.length).toBeGreaterThanOrEqual(
      kind === 'kafka' && name === 'defaultApiTimeoutMs' ? 2 : configs().length,
    )
  })

  test("has Java's default, or a reason for another", () => {
    if (line.required) return expect(line.default).toBeUndefined()
    const defaults = configs().flatMap((options) => options.get(line.java!) ?? [])
    const same = defaults.every((value) => normalized(value) === shown(line))
    expect(same ? 'same' : line.reason).toBeDefined()
    // A reason that explains nothing is as wrong as a difference without one.
    expect(same && line.reason !== undefined ? `${name} is the same, and has a reason` : '').toBe('')
  })
})

test('an option without a Java name says where it comes from', () => {
  const silent = lines.filter(({ line }) => line.java === undefined && !line.reason).map(({ name }) => name)
  expect(silent).toEqual([])
})

test("each of Java's options that is not taken is refused with a reason, not with a guess", () => {
  const guesses: string[] = []
  for (const [kind, options] of java) {
    const table: OptionTable = tables[kind as OptionsKind]
    for (const name of options.keys()) {
      const hint = hintFor(name, table)
      if (/did you mean|lists all options/.test(hint)) guesses.push(`${kind} ${name}: ${hint}`)
    }
  }
  expect(guesses).toEqual([])
})
