// The simulated group: what happens to it, and the rebalances that follow until all of it is shared.

import { KafkaError } from '../errors.ts'
import type { Assignor } from '../group/assignors/assignor.ts'
import { readAssignors, readNames, readTopic, type Topic, wrong } from './arguments.ts'
import { measure, ownersOf, viewOf } from './measures.ts'
import { Member, type MemberSettings } from './member.ts'
import { chosenAssignor, holdingsOf, rebalance } from './rebalancing.ts'
import type {
  BounceOptions,
  Holdings,
  MemberOptions,
  Rebalance,
  SimulatedGroup,
  SimulatedMember,
  SimulationOptions,
  Step,
  TopicSize,
} from './types.ts'

/** A built-in cooperative assignor needs two; one that needs more than this goes round in circles. */
const MOST_REBALANCES = 50

/**
 * A consumer group with no broker and no clock. It plays Kafka's classic protocol: member ids and generations, the
 * leader's assignor called with what members' subscriptions say in their real bytes, eager members that give up
 * everything before a rebalance and cooperative ones that keep what they have, in as many rebalances as that takes.
 *
 * @throws KafkaError `INVALID_ARGUMENT` for an assignor or a topic that cannot be.
 */
export function simulateGroup({ assignor, topics }: SimulationOptions): SimulatedGroup {
  return new Group(
    readAssignors(assignor),
    new Map(Object.entries(topics).map(([name, size]) => [name, readTopic(name, size)])),
  )
}

class Group implements SimulatedGroup {
  readonly #topics: Map<string, Topic>
  readonly #history: Step[] = []
  /** What new members list. */
  #assignors: readonly Assignor[]
  #members: readonly Member[] = []
  #generation = 0
  #assignor = ''
  #memberIds = 0
  #failure: unknown

  constructor(assignors: readonly Assignor[], topics: Map<string, Topic>) {
    this.#assignors = assignors
    this.#topics = topics
  }

  get members(): readonly SimulatedMember[] {
    return this.#members.map(viewOf)
  }

  get assignment(): Holdings {
    return holdingsOf(this.#members)
  }

  get generation(): number {
    return this.#generation
  }

  get history(): readonly Step[] {
    return [...this.#history]
  }

  get lastStep(): Step {
    const last = this.#history.at(-1)
    if (last === undefined) throw new KafkaError('INVALID_STATE', 'nothing has happened to the group yet')
    return last
  }

  join(members: string | readonly string[], options: MemberOptions = {}): Step {
    const names = readNames(members)
    const { topics = [...this.#topics.keys()], assignor, isStatic = false, rackId = null } = options
    const assignors = assignor === undefined ? this.#assignors : readAssignors(assignor)
    for (const { name } of this.#members) {
      if (names.includes(name)) throw wrong(`${name} is a member already`)
    }
    return this.#join(
      names.map((name) => {
        return { name, topics: [...topics], assignors, groupInstanceId: isStatic ? name : null, rackId }
      }),
      `join ${names.join(', ')}`,
    )
  }

  leave(members: string | readonly string[]): Step {
    return this.#remove(readNames(members), 'left', (names) => `leave ${names}`)
  }

  crash(members: string | readonly string[]): Step {
    return this.#remove(readNames(members), 'crashed', (names) => `crash ${names}`)
  }

  subscribe(members: string | readonly string[], topics: readonly string[]): Step {
    const names = readNames(members)
    const changed = names.map((name) => this.#member(name))
    const what = `${names.join(', ')} subscribed to ${topics.join(', ') || 'nothing'}`
    return this.#step(`subscribe ${names.join(', ')} to ${topics.join(', ') || 'nothing'}`, what, () => {
      for (const member of changed) member.topics = [...topics]
    })
  }

  increasePartitions(topic: string, size: TopicSize): Step {
    const grown = readTopic(topic, size)
    const partitionCount = this.#topics.get(topic)?.partitionCount ?? 0
    if (grown.partitionCount <= partitionCount) {
      throw wrong(`topic '${topic}' has ${partitionCount} partitions: give more than that`)
    }
    // Only a topic of its members is watched by the leader.
    const isWatched = this.#members.some(({ topics }) => topics.includes(topic))
    const reason = isWatched ? `${topic} has ${grown.partitionCount} partitions` : undefined
    return this.#step(`partitions of ${topic}: ${grown.partitionCount}`, reason, () => {
      this.#topics.set(topic, grown)
    })
  }

  bounce({ members, assignor }: BounceOptions = {}): readonly Step[] {
    const names = members === undefined ? this.#members.map(({ name }) => name) : readNames(members)
    const assignors = assignor === undefined ? undefined : readAssignors(assignor)
    const before = names.map((name) => this.#member(name))
    if (members === undefined && assignors !== undefined) this.#assignors = assignors
    return before.flatMap((member) => {
      const { name, settings, topics } = member
      const restarted = { ...settings, topics, assignors: assignors ?? settings.assignors }
      if (settings.groupInstanceId !== null) return [this.#replace(member, restarted)]
      return [
        this.#remove([name], 'left to restart', () => `bounce ${name}: gone`),
        this.#join([restarted], `bounce ${name}: back`),
      ]
    })
  }

  #join(newcomers: readonly MemberSettings[], action: string): Step {
    const joined = newcomers.map((settings) => this.#started(settings))
    const names = newcomers.map(({ name }) => name)
    const members = [...this.#members, ...joined]
    chosenAssignor(members) // There must be one, or the coordinator turns them away.
    return this.#step(action, `${names.join(', ')} joined`, () => {
      this.#members = members
    })
  }

  #remove(names: readonly string[], did: string, action: (names: string) => string): Step {
    const gone = new Set(names.map((name) => this.#member(name)))
    const all = names.join(', ')
    return this.#step(action(all), `${all} ${did}`, () => {
      this.#members = this.#members.filter((member) => !gone.has(member))
    })
  }

  /** A static member that restarts is given another id, and the assignment that the coordinator keeps for it. */
  #replace(member: Member, settings: MemberSettings): Step {
    const restarted = this.#started(settings)
    const members = this.#members.map((each) => (each === member ? restarted : each))
    const changes = chosenAssignor(members) !== this.#assignor
    const reason = changes ? `${member.name} restarted, and the assignor is another one` : undefined
    return this.#step(`bounce ${member.name}`, reason, () => {
      this.#members = members
      if (!changes) restarted.resume(member.owned, this.#generation)
    })
  }

  #started(settings: MemberSettings): Member {
    return new Member(settings, `${settings.name}-${++this.#memberIds}`)
  }

  #member(name: string): Member {
    const member = this.#members.find((member) => member.name === name)
    if (member !== undefined) return member
    const members = this.#members.map(({ name }) => name).join(', ')
    throw wrong(`${name} is not a member: ${members || 'there is none'}`)
  }

  /** Without a reason nothing is rebalanced. */
  #step(action: string, reason: string | undefined, happen: () => void): Step {
    if (this.#failure !== undefined) {
      const message = `the group is over, for its assignor failed: ${String(this.#failure)}`
      throw new KafkaError('INVALID_STATE', message, { cause: this.#failure })
    }
    const before = ownersOf(this.#members)
    happen()
    const rebalances = reason === undefined ? [] : this.#settle(action, reason)
    const step = measure({ action, rebalances, before, members: this.#members, topics: this.#topics })
    this.#history.push(step)
    return step
  }

  #settle(action: string, first: string): readonly Rebalance[] {
    const rebalances: Rebalance[] = []
    let reason: string | undefined = first
    while (reason !== undefined && this.#members.length > 0) {
      if (rebalances.length === MOST_REBALANCES) throw this.#endless(action)
      const done = this.#rebalance(reason)
      rebalances.push(done.rebalance)
      reason = done.gaveUp.length > 0 ? `${done.gaveUp.join(', ')} gave up partitions` : undefined
    }
    return rebalances
  }

  #rebalance(reason: string) {
    const generation = ++this.#generation
    try {
      const done = rebalance(this.#members, this.#topics, { generation, reason })
      this.#assignor = done.rebalance.assignor.name
      return done
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  #endless(action: string): KafkaError {
    const what = `the assignor '${this.#assignor}' still takes partitions away after ${MOST_REBALANCES} rebalances`
    const error = new KafkaError('INVALID_STATE', `${action}: ${what}: the group does not settle`)
    this.#failure = error
    return error
  }
}
