// O3: commits under a member epoch that the group has left behind.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCluster } from '../../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { Assignment } from '../../../src/client/consumer/assignment.ts'
import { itemOf } from '../../../src/client/consumer/auto-commit.ts'
import { Committer } from '../../../src/client/consumer/committer.ts'
import type { Membership } from '../../../src/client/consumer/membership.ts'
import { serde } from '../../../src/client/serde.ts'
import { OffsetCommit } from '../../../src/protocol/api/index.ts'
import { errorByCode, errorByName } from '../../../src/protocol/error-codes.ts'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'
import { clusterOptions } from '../../support/scripted/settings.ts'

let script: ScriptedCluster
let cluster: Cluster
/** The epoch that the coordinator has the member in. */
let epochThere: number
let epochHere: number
const told: string[] = []
const assignment = new Assignment(() => ({ key: serde.bytes, value: serde.bytes }))

beforeEach(async () => {
  script = await ScriptedCluster.start()
  script.topics.set('orders', { partitions: [{ leader: 1 }, { leader: 1 }] })
  cluster = createCluster(clusterOptions(script.bootstrapServers))
  told.length = 0
  script.node(1).on(OffsetCommit, ({ body, respond }) => {
    const isStale = body.generationIdOrMemberEpoch !== epochThere
    const errorCode = isStale ? errorByName('STALE_MEMBER_EPOCH').code : 0
    respond({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    })
  })
})
afterEach(async () => {
  await cluster.close({ timeoutMs: 0 })
  await script.stop()
})

function hear(): void {
  epochHere = epochThere
}

/** A member that learns the newer epoch when it hears of the refusal. */
function committer(onRefused = hear) {
  const membership: Pick<Membership, 'identity' | 'onCommitError' | 'state'> = {
    state: 'stable',
    identity: () => ({ groupId: 'g', memberId: 'm', generation: epochHere, groupInstanceId: null }),
    onCommitError(errorCode, { generation }) {
      told.push(`${errorByCode(errorCode).name} in ${generation}`)
      onRefused()
    },
  }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  return new Committer({ cluster, assignment, groupId: 'g', membership: membership as Membership, logger })
}

const sentEpochs = () =>
  script
    .node(1)
    .received(OffsetCommit)
    .map(({ body }) => body.generationIdOrMemberEpoch)

it('are sent again under the newer epoch, while the partition is held as it was', async () => {
  ;[epochHere, epochThere] = [4, 6]
  const partition = assignment.add({ topic: 'orders', partition: 0 })
  const item = itemOf(partition, { offset: 7, leaderEpoch: -1 })
  await committer().commit([item], { deadline: performance.now() + 10_000 })
  expect(sentEpochs()).toEqual([4, 6])
  expect(told).toEqual(['STALE_MEMBER_EPOCH in 4'])
  assignment.remove(partition)
})

it('are refused here when the partition was given up meanwhile, though it came back: another may be further', async () => {
  ;[epochHere, epochThere] = [4, 6]
  const partition = assignment.add({ topic: 'orders', partition: 1 })
  const item = itemOf(partition, { offset: 7, leaderEpoch: -1 })
  const committing = committer(() => {
    hear()
    assignment.remove(partition)
    assignment.add({ topic: 'orders', partition: 1 })
  }).commit([item], { deadline: performance.now() + 10_000 })
  await expect(committing).rejects.toMatchObject({ code: 'COMMIT_FAILED', partition: 1 })
  expect(sentEpochs()).toEqual([4])
})

it('are not sent again where one attempt was asked for', async () => {
  ;[epochHere, epochThere] = [4, 6]
  const partition = assignment.add({ topic: 'orders', partition: 0 })
  const item = itemOf(partition, { offset: 7, leaderEpoch: -1 })
  const committing = committer().commit([item], { deadline: undefined })
  await expect(committing).rejects.toMatchObject({ code: 'STALE_MEMBER_EPOCH', retriable: true })
  expect(sentEpochs()).toEqual([4])
})
