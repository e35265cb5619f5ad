// A scripted cluster with a group's coordinator, and memberships on it that tell what their handlers were told.
import { createCluster } from '../../../src/client/cluster/cluster.ts'
import type { Cluster } from '../../../src/client/cluster/types.ts'
import { consumerOptions, kafkaOptions } from '../../../src/client/config/validate.ts'
import { createClassicMembership } from '../../../src/client/consumer/classic/membership.ts'
import type { Membership, MembershipHandlers } from '../../../src/client/consumer/membership.ts'
import type { TopicPartition } from '../../../src/client/topic.ts'
import type { KafkaError } from '../../../src/errors.ts'
import type { ScriptedBroker } from '../../support/scripted/broker.ts'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'
import { clusterOptions } from '../../support/scripted/settings.ts'
import { nameCoordinator, type ScriptedGroup, scriptGroup } from './scripted-group.ts'

export interface StagedMember {
  readonly membership: Membership
  /** `take orders-0, new orders-0` and the like. */
  readonly told: string[]
  readonly warnings: string[]
  /** What it says at `info`. */
  readonly account: string[]
  /** Resolves when it was told so. */
  until(what: string): Promise<void>
}

/** Two brokers, the first of which leads the topics `orders` (3 partitions) and `payments` (1) and coordinates. */
export class GroupStage {
  readonly script: ScriptedCluster
  readonly group: ScriptedGroup
  readonly cluster: Cluster
  readonly #clusters: Cluster[] = []

  private constructor(script: ScriptedCluster) {
    script.topics.set('orders', { partitions: [{ leader: 1 }, { leader: 1 }, { leader: 1 }] })
    script.topics.set('payments', { partitions: [{ leader: 1 }] })
    nameCoordinator(script.brokers, 1)
    this.script = script
    this.group = scriptGroup(...script.brokers)
    this.cluster = this.newCluster()
  }

  static async start(): Promise<GroupStage> {
    return new GroupStage(await ScriptedCluster.start(2))
  }

  get broker(): ScriptedBroker {
    return this.script.node(1)
  }

  /** As another process would have. */
  newCluster(): Cluster {
    const made = createCluster(clusterOptions(this.script.bootstrapServers))
    this.#clusters.push(made)
    return made
  }

  /** A member of group `g` that subscribes to `orders`. */
  member(
    options: Record<string, unknown> = {},
    handlers: Partial<MembershipHandlers> = {},
    from: Cluster = this.cluster,
  ): StagedMember {
    const told: string[] = []
    const warnings: string[] = []
    const account: string[] = []
    const waiting: (() => void)[] = []
    const tell = (what: string) => {
      told.push(what)
      for (const wake of waiting.splice(0)) wake()
    }
    const given = { groupId: 'g', topics: ['-'], heartbeatIntervalMs: 10, retryBackoffMs: 1, ...options }
    const membership = createClassicMembership(
      from,
      consumerOptions(given, kafkaOptions({ bootstrapServers: 'unused:1' })),
      {
        onRevoke: async (partitions) => tell(`revoke ${named(partitions)}`),
        onLost: async (partitions) => tell(`lose ${named(partitions)}`),
        onAssigned: async (all, added) => tell(`take ${named(all)}, new ${named(added)}`),
        onSuspended: (isSuspended) => tell(isSuspended ? 'suspend' : 'resume'),
        onProblem: (error) => tell(`problem ${error.code}`),
        onFatal: (error: KafkaError) => tell(`fatal ${error.code}`),
        ...handlers,
      },
      {
        debug() {},
        error() {},
        info: (message) => void account.push(message),
        warn: (message) => void warnings.push(message),
      },
    )
    membership.subscribe(['orders'])
    const until = async (what: string) => {
      while (!told.includes(what)) await new Promise<void>((resolve) => waiting.push(resolve))
    }
    return { membership, told, warnings, account, until }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clusters.map((each) => each.close({ timeoutMs: 0 })))
    await this.script.stop()
  }
}

function named(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(' ') || 'nothing'
}
