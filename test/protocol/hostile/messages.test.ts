import { expect, it } from 'vitest'
import { endure } from '../../support/hostile/endure.ts'
import { everyVersion } from '../../support/messages.ts'
import { nodesPerByte } from './size.ts'

it('bytes that nobody should send, a million random frames among them, end in a ProtocolError or a value of bounded size', async () => {
  const { tally, growthBytes } = await endure(new URL('messages.ts', import.meta.url))
  // Both ways out were taken, often: what is tried is neither right nor refused at the first byte.
  for (const [attack, { values, errors }] of Object.entries(tally)) {
    expect(errors, attack).toBeGreaterThan(500)
    if (attack !== 'truncations') expect(values, attack).toBeGreaterThan(1000)
  }
  const { values, errors } = tally['random frames']!
  expect(values + errors).toBe(1_000_000)
  expect(growthBytes).toBeLessThan(256 * 2 ** 20)
}, 300_000)

it('no message gives more than two objects, arrays and fields for a byte', () => {
  const given = everyVersion.map((of) => ({
    of: `${of.message.name} v${of.version}`,
    nodes: nodesPerByte(of),
  }))
  expect(given.filter(({ nodes }) => nodes > 2)).toEqual([])
})
