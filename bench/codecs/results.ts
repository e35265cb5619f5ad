// What a run measured, as it is written to bench/results/codecs.json.

import { CLIENTS, type ClientName, FLOOR } from './clients.ts'
import type { Figure } from './measure.ts'
import type { Goal, Row } from './row.ts'

/** How many times faster than the best peer each row shall be. */
export const WANTED_RATIO = 3

export type Cell =
  | { readonly absent: string }
  | {
      /** Nanoseconds a unit of the row: CPU time, median and best of the rounds; the clock's median. */
      readonly cpuNs: number
      readonly bestCpuNs: number
      readonly wallNs: number
      readonly remark?: string
    }

export interface RowResult {
  readonly name: string
  readonly unit: string
  readonly bytesPerUnit?: number
  readonly goal?: Goal
  readonly cells: { readonly [client in ClientName]?: Cell }
  readonly bestPeer?: ClientName
  /** The best peer's CPU time over ottla's: the median of the rounds' ratios. */
  readonly ratio?: number
  /** The same of each one's best round: what a busy machine adds is in it least. */
  readonly ratioOfBests?: number
  /** Share of ottla's CPU time that Node's own codec takes, called by itself. */
  readonly shareOfZlib?: number
}

export interface Results {
  readonly at: string
  readonly machine: string
  readonly node: string
  readonly rounds: number
  readonly msPerRound: number
  readonly versions: { readonly [client in ClientName]?: string }
  readonly rows: readonly RowResult[]
}

/** What one client gave for a row: a figure a round, or why there is none. */
export type Given = string | { readonly figures: readonly Figure[]; readonly remark: string | undefined }

export function resultOf(row: Row, given: ReadonlyMap<ClientName, Given>): RowResult {
  const cells: { [client in ClientName]?: Cell } = {}
  for (const [client, what] of given) cells[client] = cellOf(row, what)
  const peers = CLIENTS.filter((name) => name !== 'ottla' && name !== FLOOR && isMeasured(cells[name]))
  const bestPeer = peers.sort((a, b) => bestOf(cells[a]) - bestOf(cells[b]))[0]
  const ratio = bestPeer === undefined ? undefined : ratioOf(given.get(bestPeer), given.get('ottla'))
  const ratioOfBests =
    bestPeer === undefined || !isMeasured(cells.ottla)
      ? undefined
      : bestOf(cells[bestPeer]) / bestOf(cells.ottla)
  const shareOfZlib = ratioOf(given.get(FLOOR), given.get('ottla'))
  return {
    name: row.name,
    unit: row.unit.name,
    ...(row.bytesPerUnit !== undefined && { bytesPerUnit: row.bytesPerUnit }),
    ...(row.goal !== undefined && { goal: row.goal }),
    cells,
    ...(bestPeer !== undefined && { bestPeer }),
    ...(ratio !== undefined && { ratio }),
    ...(ratioOfBests !== undefined && { ratioOfBests }),
    ...(shareOfZlib !== undefined && { shareOfZlib }),
  }
}

function cellOf(row: Row, given: Given): Cell {
  if (typeof given === 'string') return { absent: given }
  const cpu = given.figures.map(({ cpuNs }) => cpuNs / row.unit.perRun)
  const wall = given.figures.map(({ wallNs }) => wallNs / row.unit.perRun)
  return {
    cpuNs: median(cpu),
    bestCpuNs: Math.min(...cpu),
    wallNs: median(wall),
    ...(given.remark !== undefined && { remark: given.remark }),
  }
}

function isMeasured(cell: Cell | undefined): boolean {
  return cell !== undefined && 'cpuNs' in cell
}

function bestOf(cell: Cell | undefined): number {
  return cell === undefined || 'absent' in cell ? Number.POSITIVE_INFINITY : cell.bestCpuNs
}

function ratioOf(of: Given | undefined, to: Given | undefined): number | undefined {
  if (of === undefined || to === undefined || typeof of === 'string' || typeof to === 'string')
    return undefined
  return median(of.figures.map(({ cpuNs }, round) => cpuNs / to.figures[round]!.cpuNs))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
