// A group's coordinator as a model: what the broker does for a classic group, without time or sockets.
import type { JoinedMember, MemberAssignment } from '../../../src/group/classic/types.ts'
import { type BrokerErrorName, errorByName } from '../../../src/protocol/error-codes.ts'

export interface JoinRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** The preferred first. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

export interface JoinAnswer {
  readonly errorCode: number
  readonly memberId: string
  readonly generation: number
  readonly leader: string
  readonly assignor: string
  readonly members: readonly JoinedMember[]
  readonly skipAssignment: boolean
}

export interface SyncAnswer {
  readonly errorCode: number
  readonly assignment: Uint8Array
}

interface Member {
  readonly groupInstanceId: string | null
  protocols: JoinRequest['protocols']
  join: ((answer: JoinAnswer) => void) | undefined
  sync: ((answer: SyncAnswer) => void) | undefined
  assignment: Uint8Array
}

const NOTHING = new Uint8Array()
const code = (name: BrokerErrorName) => errorByName(name).code

export class ModelCoordinator {
  readonly members = new Map<string, Member>()
  generation = 0
  phase: 'empty' | 'joining' | 'syncing' | 'stable' = 'empty'
  leader = ''
  assignor = ''
  readonly #promised = new Set<string>()
  #nextId = 1

  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const { memberId, groupInstanceId, protocols } = request
    if (this.#shared([...this.#others(request), protocols]).length === 0) {
      return answer(refused('INCONSISTENT_GROUP_PROTOCOL', memberId))
    }
    if (memberId === '') {
      if (groupInstanceId !== null) return this.#joinStatic(request, answer)
      return answer(refused('MEMBER_ID_REQUIRED', this.promise()))
    }
    let member = this.members.get(memberId)
    const error = this.#identityError(memberId, groupInstanceId)
    if (error === 'FENCED_INSTANCE_ID') return answer(refused(error, memberId))
    if (member === undefined) {
      if (!this.#promised.delete(memberId)) return answer(refused('UNKNOWN_MEMBER_ID', memberId))
      member = { groupInstanceId, protocols, join: undefined, sync: undefined, assignment: NOTHING }
      this.members.set(memberId, member)
    } else if (areSame(member.protocols, protocols)) {
      // The answer was lost, or a follower asks without a reason: the generation goes on.
      if (this.phase === 'syncing') return answer(this.#joined(memberId))
      if (this.phase === 'stable' && memberId !== this.leader) return answer(this.#joined(memberId))
    }
    member.protocols = protocols
    member.join = answer
    this.#rebalance()
  }

  /** An id that may be joined with. */
  promise(): string {
    const id = this.#newId()
    this.#promised.add(id)
    return id
  }

  sync(
    memberId: string,
    generation: number,
    assignments: readonly MemberAssignment[],
    answer: (answer: SyncAnswer) => void,
    groupInstanceId: string | null = null,
  ): void {
    const errorCode = this.heartbeat(memberId, generation, groupInstanceId)
    if (errorCode !== 0) return answer({ errorCode, assignment: NOTHING })
    const member = this.members.get(memberId)!
    if (this.phase === 'stable') return answer({ errorCode: 0, assignment: member.assignment })
    member.sync = answer
    if (memberId !== this.leader) return
    for (const [id, each] of this.members) {
      each.assignment = assignments.find((one) => one.memberId === id)?.assignment ?? NOTHING
    }
    this.phase = 'stable'
    for (const each of this.members.values()) {
      each.sync?.({ errorCode: 0, assignment: each.assignment })
      each.sync = undefined
    }
  }

  /** The answer's error code; of a sync and a commit, too. */
  heartbeat(memberId: string, generation: number, groupInstanceId: string | null = null): number {
    const error = this.#identityError(memberId, groupInstanceId)
    if (error !== undefined) return code(error)
    if (generation !== this.generation) return code('ILLEGAL_GENERATION')
    return this.phase === 'joining' ? code('REBALANCE_IN_PROGRESS') : 0
  }

  /** A goodbye, or the end of its session. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.#refuse(memberId, member, 'UNKNOWN_MEMBER_ID')
    if (this.members.size === 0) this.phase = 'empty'
    else this.#rebalance()
  }

  /** As when a member has come that is not heard of again. */
  demandRebalance(): void {
    this.#rebalance()
  }

  get everyoneHasJoined(): boolean {
    return this.phase === 'joining' && [...this.members.values()].every(({ join }) => join !== undefined)
  }

  /** The next generation, of those who joined; who did not in time is out, unless it is static. */
  completeJoin(): void {
    for (const [id, { groupInstanceId, join }] of this.members) {
      if (join === undefined && groupInstanceId === null) this.members.delete(id)
    }
    if (this.members.size === 0) {
      this.phase = 'empty'
      return
    }
    const joined = [...this.members].filter(([, { join }]) => join !== undefined)
    // Nobody to lead: it goes on waiting.
    if (joined.length === 0) return
    this.generation++
    this.phase = 'syncing'
    if (!joined.some(([id]) => id === this.leader)) this.leader = joined[0]![0]
    this.assignor = this.#choose()
    for (const [id, member] of joined) {
      const { join } = member
      member.join = undefined
      join!(this.#joined(id))
    }
  }

  /** A static member that was known under another id takes its place, and nothing moves; the older one is fenced. */
  #joinStatic({ groupInstanceId, protocols }: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    const id = this.#newId()
    const all = [...this.members]
    const [oldId, old] = all.find(([, each]) => each.groupInstanceId === groupInstanceId) ?? []
    const member: Member = {
      ...{ groupInstanceId, protocols, join: undefined, sync: undefined },
      assignment: old?.assignment ?? NOTHING,
    }
    if (oldId === undefined) this.members.set(id, member)
    else {
      this.#refuse(oldId, old!, 'FENCED_INSTANCE_ID')
      // Members keep their places.
      this.members.clear()
      for (const [each, one] of all) {
        if (each === oldId) this.members.set(id, member)
        else this.members.set(each, one)
      }
      if (this.leader === oldId) this.leader = id
      if (this.phase === 'stable' && this.#choose() === this.assignor) {
        return answer({ ...this.#joined(id), skipAssignment: this.leader === id })
      }
    }
    member.join = answer
    this.#rebalance()
  }

  #rebalance(): void {
    this.phase = 'joining'
    for (const member of this.members.values()) {
      member.sync?.({ errorCode: code('REBALANCE_IN_PROGRESS'), assignment: NOTHING })
      member.sync = undefined
    }
  }

  #refuse(memberId: string, { join, sync }: Member, error: BrokerErrorName): void {
    join?.(refused(error, memberId))
    sync?.({ errorCode: code(error), assignment: NOTHING })
  }

  #identityError(memberId: string, groupInstanceId: string | null): BrokerErrorName | undefined {
    if (groupInstanceId !== null) {
      const [holder] = [...this.members].find(([, each]) => each.groupInstanceId === groupInstanceId) ?? []
      if (holder !== undefined && holder !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.members.has(memberId) ? undefined : 'UNKNOWN_MEMBER_ID'
  }

  #others({ memberId, groupInstanceId }: JoinRequest): JoinRequest['protocols'][] {
    const isSelf = (id: string, member: Member) =>
      id === memberId || (groupInstanceId !== null && member.groupInstanceId === groupInstanceId)
    return [...this.members]
      .filter(([id, member]) => !isSelf(id, member))
      .map(([, { protocols }]) => protocols)
  }

  #shared(all: readonly JoinRequest['protocols'][]): string[] {
    const [first = [], ...others] = all.map((protocols) => protocols.map(({ name }) => name))
    return first.filter((name) => others.every((names) => names.includes(name)))
  }

  /** Each votes for the first of its own that all share. */
  #choose(): string {
    const all = [...this.members.values()].map(({ protocols }) => protocols)
    const shared = this.#shared(all)
    const votes = all.map((protocols) => protocols.find(({ name }) => shared.includes(name))!.name)
    const countOf = (name: string) => votes.filter((vote) => vote === name).length
    return [...votes].sort((a, b) => countOf(b) - countOf(a))[0]!
  }

  #joined(memberId: string): JoinAnswer {
    const members = [...this.members].map(([id, { groupInstanceId, protocols }]) => {
      const { metadata } = protocols.find(({ name }) => name === this.assignor)!
      return { memberId: id, groupInstanceId, metadata }
    })
    return {
      errorCode: 0,
      memberId,
      generation: this.generation,
      leader: this.leader,
      assignor: this.assignor,
      members: memberId === this.leader ? members : [],
      skipAssignment: false,
    }
  }

  #newId(): string {
    return `m${this.#nextId++}`
  }
}

function areSame(a: JoinRequest['protocols'], b: JoinRequest['protocols']): boolean {
  if (a.length !== b.length) return false
  return a.every(({ name, metadata }, i) => name === b[i]!.name && metadata.equals(b[i]!.metadata))
}

function refused(error: BrokerErrorName, memberId: string): JoinAnswer {
  const none = { generation: -1, leader: '', assignor: '', members: [], skipAssignment: false }
  return { errorCode: code(error), memberId, ...none }
}
