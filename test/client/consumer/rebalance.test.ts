// Giving up partitions when something on the way fails.
import { expect, it } from 'vitest'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { Assignment } from '../../../src/client/consumer/assignment.ts'
import type { HandOut } from '../../../src/client/consumer/hand-out.ts'
import { Rebalance } from '../../../src/client/consumer/rebalance.ts'
import { serde } from '../../../src/client/serde.ts'

it('G5: what is given up is let go of, also when it could not be finished', async () => {
  const assignment = new Assignment(() => ({ key: serde.string, value: serde.string }))
  const at = { topic: 't', partition: 0 }
  assignment.add(at)
  const handOut = {
    interrupt() {},
    inHand: undefined,
    released: () => Promise.reject(new Error('broken')),
  } as unknown as HandOut
  const rebalance = new Rebalance({
    ...{ cluster: {} as Cluster, assignment, handOut },
    autoCommit: () => undefined,
    commitsSettled: async () => {},
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...{ timeoutMs: 1_000, metadataTimeoutMs: 1_000, signal: new AbortController().signal },
    onChange() {},
    onListenerError() {},
    call: async () => {},
  })
  await expect(rebalance.revoke([at], new AbortController().signal)).rejects.toThrow('broken')
  expect(assignment.list()).toEqual([])
})
