// The demo's final check must be able to fail: each kind of violation is found, and what is allowed is not one.

import { describe, expect, it } from 'vitest'
import { Ledger, verdict } from '../../demo/ledger.ts'

function ledgerWith(count: number): Ledger {
  const ledger = new Ledger()
  for (let offset = 0; offset < count; offset++) {
    ledger.produced({ partition: 0, offset, key: 'k', sequence: offset + 1 })
  }
  return ledger
}

describe("the demo's ledger", () => {
  it('is content when every record was processed once', () => {
    const ledger = ledgerWith(3)
    for (let offset = 0; offset < 3; offset++) ledger.processed('g', 'm', 0, offset)
    expect(ledger.violations(['g'])).toEqual([])
    expect(ledger.isComplete('g')).toBe(true)
    expect(ledger.repeated('g')).toBe(0)
  })

  it('finds a record that one of the groups never processed', () => {
    const ledger = ledgerWith(2)
    for (const offset of [0, 1]) ledger.processed('g', 'm', 0, offset)
    ledger.processed('h', 'n', 0, 0)
    expect(ledger.violations(['g', 'h'])).toEqual(['h never processed partition 0 offset 1 (key k)'])
    expect(ledger.isComplete('h')).toBe(false)
  })

  it('finds a jump within what one member owned without a break', () => {
    const ledger = ledgerWith(3)
    for (const offset of [0, 2]) ledger.processed('g', 'm', 0, offset)
    expect(ledger.violations(['g'])).toContain('g: m went from offset 0 to 2 in partition 0')
  })

  it('finds a step back within what one member owned without a break', () => {
    const ledger = ledgerWith(2)
    for (const offset of [0, 1, 0]) ledger.processed('g', 'm', 0, offset)
    expect(ledger.violations(['g'])).toEqual(['g: m went from offset 1 to 0 in partition 0'])
  })

  it('allows repetition after a rebalance: at least once is the promise', () => {
    const ledger = ledgerWith(3)
    for (const offset of [0, 1]) ledger.processed('g', 'm', 0, offset)
    ledger.interrupted('m')
    for (const offset of [1, 2]) ledger.processed('g', 'm', 0, offset)
    expect(ledger.violations(['g'])).toEqual([])
    expect(ledger.repeated('g')).toBe(1)
  })

  it('finds a key in two partitions, and a key out of order in its log', () => {
    const ledger = new Ledger()
    ledger.produced({ partition: 0, offset: 0, key: 'a', sequence: 2 })
    ledger.produced({ partition: 0, offset: 1, key: 'a', sequence: 1 })
    ledger.produced({ partition: 1, offset: 0, key: 'a', sequence: 3 })
    expect(ledger.violations([])).toEqual(['key a: number 1 stands after 2', 'key a is in two partitions'])
  })
})

describe("the demo's verdict", () => {
  it('is exit code 0 and one line when all is well', () => {
    const ledger = ledgerWith(1)
    ledger.processed('g', 'm', 0, 0)
    const { lines, exitCode } = verdict(ledger.violations(['g']))
    expect(lines.map(([, text]) => text)).toEqual([expect.stringContaining('every record processed')])
    expect(exitCode).toBe(0)
  })

  it('is exit code 1, with each violation and a last line that says that it failed', () => {
    const { lines, exitCode } = verdict(ledgerWith(2).violations(['g']))
    expect(lines).toEqual([
      ['VIOLATION', 'g never processed partition 0 offset 0 (key k)'],
      ['VIOLATION', 'g never processed partition 0 offset 1 (key k)'],
      ['conductor', 'failed: 2 violations'],
    ])
    expect(exitCode).toBe(1)
  })

  it('tells twenty of many', () => {
    const { lines } = verdict(ledgerWith(5_000).violations(['g']))
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toEqual(['conductor', 'failed: 5000 violations, the first 20 of them above'])
  })
})
