// The results as a table in Markdown, to be read in a terminal and pasted into README.md.

import { CLIENTS, type ClientName, FLOOR } from './clients.ts'
import { type Cell, type Results, type RowResult, WANTED_RATIO } from './results.ts'

export function headOf(clients: readonly ClientName[]): readonly string[] {
  return ['row', ...clients.filter((name) => name !== FLOOR), 'best peer ÷ ottla', 'of bests', 'goals']
}

export function tableOf(results: Results): string {
  const clients = CLIENTS.filter((name) => results.versions[name] !== undefined)
  const lines = [headOf(clients), ...results.rows.map((row) => lineOf(row, clients))]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const text = lines.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`)
  text.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return text.join('\n')
}

export function lineOf(row: RowResult, clients: readonly ClientName[]): readonly string[] {
  return [
    `${row.name} (${row.unit})`,
    ...clients.filter((name) => name !== FLOOR).map((name) => cellText(row, row.cells[name])),
    timesText(row.ratio),
    timesText(row.ratioOfBests),
    verdictOf(row),
  ]
}

/** Reasons why a client has no figure, each once. */
export function reasonsOf({ rows }: Results): readonly string[] {
  const reasons = new Map<string, string[]>()
  for (const row of rows) {
    for (const [client, cell] of Object.entries(row.cells)) {
      if (client === FLOOR || cell === undefined || !('absent' in cell)) continue
      const reason = `${client}: ${cell.absent}`
      reasons.set(reason, [...(reasons.get(reason) ?? []), row.name])
    }
  }
  return [...reasons].map(([reason, names]) => `- ${reason} (${names.join('; ')})`)
}

/** Goals that the best rounds miss, in words; empty when all are met. */
export function missesOf(row: RowResult): readonly string[] {
  const misses: string[] = []
  const ours = row.cells.ottla
  if (ours === undefined || 'absent' in ours) return misses
  const { atMostNs, atLeastGBps } = row.goal ?? {}
  if (atMostNs !== undefined && ours.bestCpuNs > atMostNs) misses.push(`≤ ${atMostNs} ns`)
  if (atLeastGBps !== undefined && row.bytesPerUnit! / ours.bestCpuNs < atLeastGBps) {
    misses.push(`≥ ${atLeastGBps} GB/s`)
  }
  if (row.ratioOfBests !== undefined && row.ratioOfBests < WANTED_RATIO) misses.push(`${WANTED_RATIO}×`)
  return misses
}

function verdictOf(row: RowResult): string {
  const misses = missesOf(row)
  const zlib =
    row.shareOfZlib === undefined
      ? ''
      : `zlib is ${Math.min(100, row.shareOfZlib * 100).toFixed(0)} % of ours`
  if (misses.length === 0) return row.ratio === undefined && row.goal === undefined ? '' : 'met'
  return `misses ${misses.join(', ')}${zlib && `; ${zlib}`}`
}

function cellText(row: RowResult, cell: Cell | undefined): string {
  if (cell === undefined || 'absent' in cell) return '–'
  const speed = row.bytesPerUnit === undefined ? '' : speedText(row.bytesPerUnit / cell.bestCpuNs)
  const remark = [speed, cell.remark].filter(Boolean).join(', ')
  const [median, best] = [cell.cpuNs, cell.bestCpuNs].map((ns) =>
    figureText(row.unit.startsWith('µs') ? ns / 1000 : ns),
  )
  return `${median} / ${best}${remark && ` (${remark})`}`
}

function timesText(ratio: number | undefined): string {
  return ratio === undefined ? '–' : `${ratio.toFixed(1)}×`
}

function figureText(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

function speedText(GBps: number): string {
  return GBps >= 1 ? `${GBps.toFixed(1)} GB/s` : `${(GBps * 1000).toFixed(0)} MB/s`
}
