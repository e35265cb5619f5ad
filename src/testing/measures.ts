// What a step did to the group: balance, moves, and how long partitions were without an owner.

import type { TopicPartition } from '../group/assignors/assignor.ts'
import { fewestMoves } from './fewest-moves.ts'
import type { Member } from './member.ts'
import { nameOf, sorted } from './partitions.ts'
import { holdingsOf, type Topics } from './rebalancing.ts'
import type { Balance, Move, Rebalance, Step } from './types.ts'

/** By partition name: the identity and the name of the member that has it. */
export type Owners = ReadonlyMap<string, { readonly identity: string; readonly name: string }>

export function ownersOf(members: readonly Member[]): Owners {
  return new Map(
    members.flatMap(({ identity, name, owned }) => owned.map((each) => [nameOf(each), { identity, name }])),
  )
}

export interface Happened {
  readonly action: string
  readonly rebalances: readonly Rebalance[]
  /** Before it. */
  readonly before: Owners
  /** After it. */
  readonly members: readonly Member[]
  readonly topics: Topics
}

export function measure({ action, rebalances, before, members, topics }: Happened): Step {
  const assignment = holdingsOf(members)
  const { moves, neededMoves } = movesOf(before, members)
  const unowned = unownedDuring(rebalances)
  const after = ownersOf(members)
  const interrupted = unowned.filter((each) => {
    const owner = after.get(nameOf(each))?.identity
    return owner !== undefined && owner === before.get(nameOf(each))?.identity && topics.has(each.topic)
  })
  return {
    action,
    rebalances,
    members: members.map(viewOf),
    assignment,
    balance: balanceOf(members),
    moves,
    neededMoves,
    unowned,
    interrupted: sorted(interrupted),
  }
}

export function viewOf({ name, memberId, topics, settings }: Member): Step['members'][number] {
  return { name, memberId, groupInstanceId: settings.groupInstanceId, topics: [...topics] }
}

function balanceOf(members: readonly Member[]): Balance {
  const perMember = new Map(members.map(({ name, owned }) => [name, owned.length]))
  const loads = [...perMember.values()]
  return { perMember, spread: loads.length === 0 ? 0 : Math.max(...loads) - Math.min(...loads) }
}

function movesOf(before: Owners, members: readonly Member[]): Pick<Step, 'moves' | 'neededMoves'> {
  const indexes = new Map(members.map(({ identity }, index) => [identity, index]))
  const subscribed = members.map(({ topics }) => new Set(topics))
  const partitions = members.flatMap((member, after) =>
    sorted(member.owned).map((each) => {
      const index = indexes.get(before.get(nameOf(each))?.identity ?? '') ?? -1
      return { ...each, before: index >= 0 && subscribed[index]!.has(each.topic) ? index : -1, after }
    }),
  )
  const moved = partitions.filter(({ before, after }) => before >= 0 && before !== after)
  const moves = moved.map(({ topic, partition, before, after }): Move => {
    return { topic, partition, from: members[before]!.name, to: members[after]!.name }
  })
  return { moves, neededMoves: moves.length === 0 ? 0 : fewestMoves(subscribed, partitions) }
}

function unownedDuring(rebalances: readonly Rebalance[]): Step['unowned'] {
  const counts = new Map<string, TopicPartition & { rebalances: number }>()
  for (const each of rebalances.flatMap(({ unowned }) => unowned)) {
    const counted = counts.get(nameOf(each))
    if (counted === undefined) counts.set(nameOf(each), { ...each, rebalances: 1 })
    else counted.rebalances++
  }
  return [...counts.values()]
}
