import { describe, expect, test, vi } from 'vitest'
import { reactionTo, throwReacting } from '../../../src/client/cluster/reactions.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { allErrorCodes, errorByName } from '../../../src/protocol/error-codes.ts'

const code = (name: Parameters<typeof errorByName>[0]) => errorByName(name).code

function fakeCluster(refresh = vi.fn(async () => ({}))) {
  const forgetCoordinator = vi.fn()
  return { cluster: { refresh, forgetCoordinator } as unknown as Cluster, refresh, forgetCoordinator }
}

describe('reactions', () => {
  test.each([
    ['NOT_LEADER_OR_FOLLOWER', 'refresh'],
    ['NOT_CONTROLLER', 'refresh'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'refresh'],
    ['NOT_COORDINATOR', 'refind'],
    ['COORDINATOR_NOT_AVAILABLE', 'refind'],
    ['COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
    ['UNKNOWN_SERVER_ERROR', 'retry'],
    ['TOPIC_AUTHORIZATION_FAILED', 'caller'],
    ['INVALID_TOPIC_EXCEPTION', 'caller'],
    ['TOPIC_ALREADY_EXISTS', 'caller'],
    ['FENCED_INSTANCE_ID', 'fatal'],
  ] as const)('%s: %s', (name, reaction) => {
    expect(reactionTo(code(name))).toBe(reaction)
  })

  test('what Kafka calls retriable is never final', () => {
    for (const { code, retriable } of allErrorCodes()) {
      if (retriable) expect(['retry', 'refresh', 'refind']).toContain(reactionTo(code))
    }
  })

  test('a code newer than this client is retried', () => {
    expect(reactionTo(9999)).toBe('retry')
  })

  test('A1: where leadership is the matter metadata is refreshed, and the error is retriable', async () => {
    const { cluster, refresh, forgetCoordinator } = fakeCluster()
    const context = { api: 'CreateTopics', topic: 't' }
    const thrown = throwReacting(cluster, code('NOT_CONTROLLER'), { context, message: 'ask another' })
    await expect(thrown).rejects.toMatchObject({
      code: 'NOT_CONTROLLER',
      retriable: true,
      topic: 't',
      message: expect.stringContaining('ask another'),
    })
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(forgetCoordinator).not.toHaveBeenCalled()
  })

  test('a refresh that fails does not hide what the broker said', async () => {
    const { cluster } = fakeCluster(vi.fn(() => Promise.reject(new Error('no broker'))))
    const thrown = throwReacting(cluster, code('LEADER_NOT_AVAILABLE'), { context: {} })
    await expect(thrown).rejects.toMatchObject({ code: 'LEADER_NOT_AVAILABLE' })
  })

  test('a coordinator that is none is forgotten', async () => {
    const { cluster, forgetCoordinator } = fakeCluster()
    const thrown = throwReacting(cluster, code('NOT_COORDINATOR'), {
      context: { groupId: 'g' },
      coordinator: { type: 'group', key: 'g' },
    })
    await expect(thrown).rejects.toMatchObject({ code: 'NOT_COORDINATOR', retriable: true })
    expect(forgetCoordinator).toHaveBeenCalledWith('group', 'g')
  })

  test('what is fatal says so', async () => {
    const thrown = throwReacting(fakeCluster().cluster, code('FENCED_INSTANCE_ID'), { context: {} })
    await expect(thrown).rejects.toMatchObject({ fatal: true, retriable: false })
  })
})
