// ottla assign: what it prints after each step. Its wrong uses are in usage.test.ts.

import { describe, expect, it } from 'vitest'
import { ottla } from '../support/commands.ts'

async function assign(words: string): Promise<string> {
  const { exitCode, stdout, stderr } = await ottla(['assign', ...words.split(' ')]).ended
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

describe('ottla assign', () => {
  it('prints who has what, and what moved, after each step', async () => {
    expect(await assign('--members 2 --topic orders:3 --topic audit:1 --then join --then crash:2')).toBe(
      `join m1, m2 (range, generation 1)
member  count  partitions           moved here
m1      3      audit 0; orders 0-1  -
m2      1      orders 2             -
1 rebalance; spread 2; moved 0, needed 0; unowned 4 for 1 rebalance

join m3 (range, generation 2)
member  count  partitions         moved here
m1      2      audit 0; orders 0  -
m2      1      orders 1           orders 1 of m1
m3      1      orders 2           orders 2 of m2
1 rebalance; spread 1; moved 2, needed 1; unowned 4 for 1 rebalance

crash m2 (range, generation 3)
member  count  partitions           moved here
m1      3      audit 0; orders 0-1  -
m3      1      orders 2             -
1 rebalance; spread 2; moved 0, needed 0; unowned 4 for 1 rebalance
`,
    )
  })

  it('of a cooperative group prints its rebalances, and how little was interrupted', async () => {
    const stdout = await assign(
      '--assignor cooperative-sticky --members 2 --partitions 6 --then join --then join:5',
    )
    expect(stdout).toContain('2 rebalances; spread 0; moved 2, needed 2; unowned 2 for 1 rebalance\n')
    expect(stdout).toContain('\njoin m5 (cooperative-sticky, generation 5)\n')
  })

  it('bounces: all, one, and static members that keep what they have', async () => {
    const one = await assign('--members 2 --partitions 2 --assignor sticky --then bounce:2')
    expect(one.match(/^\w.*generation.*$/gm)).toEqual([
      'join m1, m2 (sticky, generation 1)',
      'bounce m2: gone (sticky, generation 2)',
      'bounce m2: back (sticky, generation 3)',
    ])
    const all = await assign('--members 2 --partitions 2 --static --then bounce')
    expect(all).toContain('\nbounce m1\n')
    expect(all.endsWith('0 rebalances; spread 0; moved 0, needed 0; unowned none\n')).toBe(true)
  })

  it('--json: a line for each step', async () => {
    const stdout = await assign(
      '--json --members 1 --topics 2 --partitions 1 --then partitions:t2:2 --then leave:1',
    )
    const steps = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(steps).toHaveLength(3)
    expect(steps[1]).toEqual({
      action: 'partitions of t2: 2',
      rebalances: [{ generation: 2, reason: 't2 has 2 partitions', leader: 'm1', assignor: 'range' }],
      assignment: {
        m1: [
          { topic: 't1', partition: 0 },
          { topic: 't2', partition: 0 },
          { topic: 't2', partition: 1 },
        ],
      },
      spread: 0,
      moves: [],
      neededMoves: 0,
      unowned: [
        { topic: 't1', partition: 0, rebalances: 1 },
        { topic: 't2', partition: 0, rebalances: 1 },
        { topic: 't2', partition: 1, rebalances: 1 },
      ],
    })
    expect(steps[2]).toMatchObject({ action: 'leave m1', rebalances: [], assignment: {} })
  })
})
