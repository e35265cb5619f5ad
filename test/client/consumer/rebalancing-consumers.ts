// Consumers of one group on a scripted log and coordinator: what their listeners hear, and commits as a classic broker
// takes them.
import type { ConsumerOptions } from '../../../src/client/config/types.ts'
import type { AnyRecord, Consumer } from '../../../src/client/consumer/types.ts'
import type { TopicPartition } from '../../../src/client/topic.ts'
import { OffsetCommit } from '../../../src/protocol/api/index.ts'
import { type BrokerErrorName, errorByCode, errorByName } from '../../../src/protocol/error-codes.ts'
import { type ScriptedGroup, scriptGroup } from './scripted-group.ts'
import { ScriptedLog, TOPIC } from './scripted-log.ts'
import { batch, numbers } from './support.ts'

export class RebalancingConsumers {
  readonly log: ScriptedLog
  readonly group: ScriptedGroup
  /** `a assigned 0 1`, in the order in which listeners were called. */
  readonly told: string[] = []
  #wake = () => {}

  private constructor(log: ScriptedLog) {
    this.log = log
    this.group = scriptGroup(log.broker)
    log.broker.on(OffsetCommit, (request) => {
      const { generationIdOrMemberEpoch, memberId, groupInstanceId } = request.body
      const error = this.commitError(memberId, generationIdOrMemberEpoch, groupInstanceId ?? null)
      const errors: Record<number, BrokerErrorName> = {}
      if (error !== undefined) for (const partition of log.partitions.keys()) errors[partition] = error
      log.commit(request, errors)
    })
  }

  static async start(partitionCount: number): Promise<RebalancingConsumers> {
    return new RebalancingConsumers(await ScriptedLog.start(partitionCount))
  }

  /** A classic coordinator takes commits of the current generation, but for the time between its join and its sync. */
  commitError(
    memberId: string,
    generation: number,
    groupInstanceId: string | null,
  ): BrokerErrorName | undefined {
    const { coordinator } = this.group
    if (coordinator.phase === 'syncing' && generation === coordinator.generation)
      return 'REBALANCE_IN_PROGRESS'
    const code = coordinator.heartbeat(memberId, generation, groupInstanceId)
    if (code === 0 || code === errorByName('REBALANCE_IN_PROGRESS').code) return undefined
    return errorByCode(code).name as BrokerErrorName
  }

  /** Values `from` to `to` at the offsets of the same numbers. */
  fill(partition: number, from: number, to: number): void {
    this.log.partitions[partition]!.append(
      batch({ at: from, values: numbers(from, to) }),
      from,
      to - from + 1,
    )
  }

  consumer(name: string, options: Partial<ConsumerOptions<never>> = {}): Consumer<AnyRecord> {
    const tell = (what: string) => (partitions: readonly TopicPartition[]) => {
      this.told.push([name, what, ...partitions.map(({ partition }) => partition).sort()].join(' '))
      this.#wake()
    }
    return this.log.consumer({
      ...{ groupId: 'g', topics: [TOPIC] as never[], autoOffsetReset: 'earliest' as const },
      ...{ heartbeatIntervalMs: 10, autoCommitIntervalMs: 3_600_000 },
      onPartitionsAssigned: tell('assigned'),
      onPartitionsRevoked: tell('revoked'),
      onPartitionsLost: tell('lost'),
      ...options,
    })
  }

  /** Resolves when so many calls of listeners were told. */
  async tells(count: number): Promise<string[]> {
    while (this.told.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.told
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.log[Symbol.asyncDispose]()
  }
}
