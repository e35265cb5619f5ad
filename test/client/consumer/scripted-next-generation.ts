// The coordinator of a next generation group on a scripted broker: the model coordinator, spoken to in Kafka's bytes.
import { ConsumerGroupHeartbeat } from '../../../src/protocol/api/index.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'
import { ModelCoordinator } from '../../group/consumer/model-coordinator.ts'
import type { ScriptedBroker } from '../../support/scripted/broker.ts'
import type { ScriptedCluster } from '../../support/scripted/cluster.ts'

export interface ScriptedNextGeneration {
  readonly coordinator: ModelCoordinator
  /** Answers of heartbeats, to be used up before the true ones. */
  readonly errors: BrokerErrorName[]
  heartbeatIntervalMs: number
  /** So many are heard, and their connection ends before the answer. */
  answersLost: number
}

/** The group has the topics that the cluster has now, all with ids. */
export function scriptNextGeneration(script: ScriptedCluster): ScriptedNextGeneration {
  const named = new Map([...script.topics].map(([name, { id }]) => [id!, name]))
  const counts = new Map([...script.topics.values()].map(({ id, partitions }) => [id!, partitions!.length]))
  const topicOf = (topicId: string) => named.get(topicId)!
  const coordinator = new ModelCoordinator(counts, { fencesKnownJoins: false, topicOf })
  const group: ScriptedNextGeneration = { coordinator, errors: [], heartbeatIntervalMs: 10, answersLost: 0 }
  for (const broker of script.brokers) answer(broker, group)
  return group
}

function answer(broker: ScriptedBroker, group: ScriptedNextGeneration): void {
  broker.on(ConsumerGroupHeartbeat, ({ body, from, respond: send }) => {
    const respond: typeof send = (response) => {
      if (group.answersLost === 0) return send(response)
      group.answersLost--
      from.socket.destroy()
    }
    const { instanceId, memberEpoch, memberId, rebalanceTimeoutMs, subscribedTopicNames, topicPartitions } =
      body
    const { coordinator, heartbeatIntervalMs } = group
    const refused = group.errors.shift()
    const nothing = { memberEpoch: 0, heartbeatIntervalMs, assignment: null }
    if (refused !== undefined) {
      respond({ ...nothing, errorCode: errorByName(refused).code, errorMessage: 'Because.' })
    } else if (memberEpoch === -1 || memberEpoch === -2) {
      respond({ ...nothing, memberEpoch, errorCode: coordinator.leave(memberId, instanceId, memberEpoch) })
    } else {
      const { assignment, epoch, errorCode } = coordinator.heartbeat({
        ...{ memberId, instanceId, epoch: memberEpoch },
        isFull: rebalanceTimeoutMs >= 0,
        topics: subscribedTopicNames ?? undefined,
        owned: topicPartitions ?? undefined,
      })
      respond({
        ...{ errorCode, memberId, memberEpoch: epoch, heartbeatIntervalMs },
        assignment:
          assignment === undefined
            ? null
            : {
                topicPartitions: assignment.map(({ topicId, partitions }) => ({
                  topicId,
                  partitions: [...partitions],
                })),
              },
      })
    }
  })
}
