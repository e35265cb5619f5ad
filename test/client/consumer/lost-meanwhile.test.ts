// Partitions that are lost while they are given up: the application is told of the loss, once.
import { beforeEach, expect, it } from 'vitest'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { Assignment } from '../../../src/client/consumer/assignment.ts'
import type { HandOut } from '../../../src/client/consumer/hand-out.ts'
import { OwnershipLost } from '../../../src/client/consumer/membership.ts'
import { Rebalance } from '../../../src/client/consumer/rebalance.ts'
import { serde } from '../../../src/client/serde.ts'

const at = { topic: 't', partition: 0 }
const never = new AbortController().signal
let assignment: Assignment
let told: string[]
/** Resolves when the loop's body has ended. */
let body: Promise<void>
let listener: () => Promise<void>

beforeEach(() => {
  assignment = new Assignment(() => ({ key: serde.string, value: serde.string }))
  assignment.add(at)
  told = []
  body = Promise.resolve()
  listener = async () => {}
})

function newRebalance(): Rebalance {
  const released = (_: unknown, signal: AbortSignal) =>
    signal.aborted
      ? Promise.resolve()
      : Promise.race([
          body,
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
        ])
  return new Rebalance({
    ...{ cluster: {} as Cluster, assignment },
    handOut: { interrupt() {}, inHand: undefined, released } as unknown as HandOut,
    autoCommit: () => undefined,
    commitsSettled: async () => {},
    logger: { debug() {}, info() {}, warn: (message) => void told.push(message), error() {} },
    ...{ timeoutMs: 1_000, metadataTimeoutMs: 1_000, signal: never },
    onChange() {},
    onListenerError() {},
    call: (name, partitions) => {
      told.push(`${name} ${partitions.length}`)
      return listener()
    },
  })
}

it('G4: before the listener was told: it is told of the loss alone', async () => {
  body = new Promise(() => {})
  const rebalance = newRebalance()
  const ended = new AbortController()
  const revoking = rebalance.revoke([at], ended.signal)
  ended.abort(new OwnershipLost())
  const losing = rebalance.lose([at], never)
  await Promise.all([revoking, losing])
  expect(told).toEqual(['onPartitionsLost 1'])
  expect(assignment.list()).toEqual([])
})

it('G4: while the listener is told of the revocation: it has heard of them', async () => {
  const ended = new AbortController()
  listener = async () => ended.abort(new OwnershipLost())
  const rebalance = newRebalance()
  await rebalance.revoke([at], ended.signal)
  await rebalance.lose([at], never)
  expect(told).toEqual(['onPartitionsRevoked 1'])
  expect(assignment.list()).toEqual([])
})

it('G6: when only the time is over, it is told of the revocation', async () => {
  body = new Promise(() => {})
  const rebalance = newRebalance()
  const ended = new AbortController()
  const revoking = rebalance.revoke([at], ended.signal)
  ended.abort(new Error('the rebalance waits no longer'))
  await revoking
  expect(told).toEqual([expect.stringMatching(/body did not end/), 'onPartitionsRevoked 1'])
  expect(assignment.list()).toEqual([])
})
