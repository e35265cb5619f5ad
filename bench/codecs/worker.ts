// One client in a process of its own. The parent says which row to make ready, when to time it, when to forget it, so
// that the sides alternate while each keeps its own compiled code.

import { type ClientName, loadDriver } from './clients.ts'
import { calibrate, type Figure, measure } from './measure.ts'
import type { Prepared } from './row.ts'
import { ROWS } from './scenarios/index.ts'

export type Order =
  | { readonly do: 'prepare'; readonly row: number; readonly ms: number }
  | { readonly do: 'measure' }
  | { readonly do: 'forget' }

export type Answer =
  | { readonly is: 'ready'; readonly version: string }
  | { readonly is: 'prepared'; readonly remark: string | undefined }
  | { readonly is: 'absent'; readonly reason: string }
  | { readonly is: 'wrong'; readonly reason: string }
  | { readonly is: 'measured'; readonly figure: Figure }
  | { readonly is: 'forgotten' }

const driver = await loadDriver(process.argv[2] as ClientName)

let prepared: Prepared | undefined
let runs = 1

async function prepare(row: number, ms: number): Promise<Answer> {
  const given = ROWS[row]!.prepare(driver)
  if (typeof given === 'string') return { is: 'absent', reason: given }
  const before = await given.job.output(await given.job.run())
  if (before !== given.expected) return wrong(before, given)
  runs = await calibrate(given.job, ms)
  // Compiled code must still give the same.
  const after = await given.job.output(await given.job.run())
  if (after !== given.expected) return wrong(after, given)
  prepared = given
  return { is: 'prepared', remark: given.remark?.() }
}

function wrong(output: string, { expected }: Prepared): Answer {
  return { is: 'wrong', reason: `gives ${shortened(output)}, not ${shortened(expected)}` }
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'prepare':
      try {
        return await prepare(order.row, order.ms)
      } catch (error) {
        return {
          is: 'wrong',
          reason: error instanceof Error ? `${error.message}\n${error.stack}` : String(error),
        }
      }
    case 'measure':
      return { is: 'measured', figure: await measure(prepared!.job, runs) }
    case 'forget':
      prepared = undefined
      return { is: 'forgotten' }
  }
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send!(answer))
})
process.on('disconnect', () => process.exit())
process.send!({ is: 'ready', version: driver.version } satisfies Answer)
