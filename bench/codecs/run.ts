// `npm run bench -- codecs`: every row, every client, the sides alternating over several rounds.

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CLIENTS, type ClientName } from './clients.ts'
import type { Figure } from './measure.ts'
import { type Given, type Results, type RowResult, resultOf } from './results.ts'
import type { Row } from './row.ts'
import { ROWS } from './scenarios/index.ts'
import { Side } from './side.ts'
import { lineOf, missesOf, reasonsOf, tableOf } from './table.ts'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))

interface Options {
  readonly clients: readonly ClientName[]
  readonly only: RegExp
  readonly rounds: number
  readonly ms: number
  readonly write: boolean
}

/** Runs the scenario; the exit code is 1 when a client's result was wrong. */
export async function runCodecs(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  const sides = await Promise.all(options.clients.map((name) => Side.start(name)))
  const wrong: string[] = []
  const rows: RowResult[] = []
  try {
    for (const [index, row] of ROWS.entries()) {
      if (!options.only.test(row.name)) continue
      const result = await runRow(index, row, sides, options, wrong)
      rows.push(result)
      process.stderr.write(`${lineOf(result, options.clients).join('  ')}\n`)
    }
  } finally {
    for (const side of sides) side.stop()
  }
  const results: Results = {
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    node: process.versions.node,
    rounds: options.rounds,
    msPerRound: options.ms,
    versions: Object.fromEntries(sides.map(({ name, version }) => [name, version])),
    rows,
  }
  report(results, wrong)
  if (options.write) {
    mkdirSync(RESULTS, { recursive: true })
    writeFileSync(`${RESULTS}codecs.json`, `${JSON.stringify(results, null, 2)}\n`)
    console.log(`\nWritten to bench/results/codecs.json`)
  }
  return wrong.length === 0 ? 0 : 1
}

async function runRow(
  index: number,
  row: Row,
  sides: readonly Side[],
  { rounds, ms }: Options,
  wrong: string[],
): Promise<RowResult> {
  const given = new Map<ClientName, Given>()
  const running: { readonly side: Side; readonly figures: Figure[] }[] = []
  for (const side of sides) {
    const answer = await side.order({ do: 'prepare', row: index, ms })
    if (answer.is === 'prepared') {
      const figures: Figure[] = []
      running.push({ side, figures })
      given.set(side.name, { figures, remark: answer.remark })
    } else if (answer.is === 'absent') given.set(side.name, answer.reason)
    else if (answer.is === 'wrong') {
      given.set(side.name, 'wrong result')
      wrong.push(`${row.name}: ${side.name} ${answer.reason}`)
    }
  }
  for (let round = 0; round < rounds; round++) {
    // Now one begins, now the other: what a neighbour on the machine takes from the first must not always be the same's.
    for (const { side, figures } of round % 2 === 0 ? running : [...running].reverse()) {
      const answer = await side.order({ do: 'measure' })
      if (answer.is === 'measured') figures.push(answer.figure)
    }
  }
  for (const side of sides) await side.order({ do: 'forget' })
  return resultOf(row, given)
}

function report(results: Results, wrong: readonly string[]): void {
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`)
  const missed = results.rows.filter((row) => missesOf(row).length > 0)
  console.log(
    `\nCodecs, ${results.at.slice(0, 10)}, ${results.machine}, Node ${results.node}, ${versions.join(', ')}.`,
    `CPU time, median / best of ${results.rounds} rounds of ${results.msPerRound} ms.\n`,
  )
  console.log(tableOf(results))
  const reasons = reasonsOf(results)
  if (reasons.length > 0) console.log(`\n–:\n${reasons.join('\n')}`)
  console.log(`\n${results.rows.length} rows, ${results.rows.length - missed.length} meet their goals.`)
  for (const line of wrong) console.log(`WRONG: ${line}`)
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: 'string', default: CLIENTS.join() },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '25' },
      ms: { type: 'string', default: '15' },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const names = values.clients.split(',')
  const clients = CLIENTS.filter((name) => names.includes(name))
  const unknown = names.filter((name) => !clients.some((client) => client === name))
  if (unknown.length > 0) throw new Error(`no such client: ${unknown.join()} (there are ${CLIENTS.join()})`)
  const isWhole = values.only === '' && clients.length === CLIENTS.length
  return {
    clients,
    only: new RegExp(values.only),
    rounds: positive('rounds', values.rounds),
    ms: positive('ms', values.ms),
    // A part must not take the whole's place.
    write: isWhole && !values['no-write'],
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} is a whole number above 0, not ${text}`)
}
