import { expect, it } from 'vitest'
import { endure } from '../../support/hostile/endure.ts'

const MIB = 2 ** 20

it('S5: batches that nobody should send end in a CorruptRecordError or in no more records than their bytes hold', async () => {
  const { tally, growthBytes } = await endure(new URL('records.ts', import.meta.url))
  for (const [attack, { values, errors }] of Object.entries(tally)) {
    expect(errors, attack).toBeGreaterThan(1000)
    if (attack !== 'bits under the checksum') expect(values, attack).toBeGreaterThan(300)
  }
  expect(growthBytes).toBeLessThan(256 * MIB)
}, 300_000)

it('S5: a batch that decompresses to more than is allowed, or says so, is refused before memory is taken for it', async () => {
  const { tally, growthBytes } = await endure(new URL('bombs.ts', import.meta.url))
  expect(tally['bombs']!.values).toBe(0)
  expect(tally['as much as is allowed']!.errors).toBe(0)
  expect(tally['as much as is allowed']!.values).toBeGreaterThan(0)
  // A bomb of 1 GiB would show, even beside what the process had at its largest before.
  expect(growthBytes).toBeLessThan(256 * MIB)
}, 300_000)
