// A group's coordinator as a model: what the broker does for a classic group, without time, bytes or sockets.
import type { JoinedMember, MemberAssignment } from '../../../src/group/classic/types.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'

const ILLEGAL_GENERATION = errorByName('ILLEGAL_GENERATION').code
const UNKNOWN_MEMBER_ID = errorByName('UNKNOWN_MEMBER_ID').code
const REBALANCE_IN_PROGRESS = errorByName('REBALANCE_IN_PROGRESS').code
const MEMBER_ID_REQUIRED = errorByName('MEMBER_ID_REQUIRED').code

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
  metadata: Buffer
  join: ((answer: JoinAnswer) => void) | undefined
  sync: ((answer: SyncAnswer) => void) | undefined
  assignment: Uint8Array
}

const NOTHING = new Uint8Array()

export class ModelCoordinator {
  readonly members = new Map<string, Member>()
  generation = 0
  phase: 'empty' | 'joining' | 'syncing' | 'stable' = 'empty'
  leader = ''
  readonly #promised = new Set<string>()
  #nextId = 1

  join(memberId: string, metadata: Buffer, answer: (answer: JoinAnswer) => void): void {
    if (memberId === '') return answer(refused(MEMBER_ID_REQUIRED, this.promise()))
    let member = this.members.get(memberId)
    if (member === undefined) {
      if (!this.#promised.delete(memberId)) return answer(refused(UNKNOWN_MEMBER_ID, memberId))
      member = { metadata, join: undefined, sync: undefined, assignment: NOTHING }
      this.members.set(memberId, member)
    } else if (member.metadata.equals(metadata)) {
      // The answer was lost, or a follower asks without a reason: the generation goes on.
      if (this.phase === 'syncing') return answer(this.#joined(memberId))
      if (this.phase === 'stable' && memberId !== this.leader) return answer(this.#joined(memberId))
    }
    member.metadata = metadata
    member.join = answer
    this.#rebalance()
  }

  /** An id that may be joined with. */
  promise(): string {
    const id = `m${this.#nextId++}`
    this.#promised.add(id)
    return id
  }

  sync(
    memberId: string,
    generation: number,
    assignments: readonly MemberAssignment[],
    answer: (answer: SyncAnswer) => void,
  ): void {
    const errorCode = this.#check(memberId, generation)
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

  heartbeat(memberId: string, generation: number): number {
    return this.#check(memberId, generation)
  }

  /** A goodbye, or the end of its session. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    member.join?.(refused(UNKNOWN_MEMBER_ID, memberId))
    member.sync?.({ errorCode: UNKNOWN_MEMBER_ID, assignment: NOTHING })
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

  /** The next generation, of those who joined; who did not in time is out. */
  completeJoin(): void {
    for (const [id, { join }] of this.members) if (join === undefined) this.members.delete(id)
    if (this.members.size === 0) {
      this.phase = 'empty'
      return
    }
    this.generation++
    this.phase = 'syncing'
    if (!this.members.has(this.leader)) this.leader = this.members.keys().next().value!
    for (const [id, member] of this.members) {
      const { join } = member
      member.join = undefined
      join!(this.#joined(id))
    }
  }

  #rebalance(): void {
    this.phase = 'joining'
    for (const member of this.members.values()) {
      member.sync?.({ errorCode: REBALANCE_IN_PROGRESS, assignment: NOTHING })
      member.sync = undefined
    }
  }

  #check(memberId: string, generation: number): number {
    if (!this.members.has(memberId)) return UNKNOWN_MEMBER_ID
    if (generation !== this.generation) return ILLEGAL_GENERATION
    return this.phase === 'joining' ? REBALANCE_IN_PROGRESS : 0
  }

  #joined(memberId: string): JoinAnswer {
    const members = [...this.members].map(([id, { metadata }]) => {
      return { memberId: id, groupInstanceId: null, metadata }
    })
    return {
      errorCode: 0,
      memberId,
      generation: this.generation,
      leader: this.leader,
      assignor: 'range',
      members: memberId === this.leader ? members : [],
      skipAssignment: false,
    }
  }
}

function refused(errorCode: number, memberId: string): JoinAnswer {
  const none = { generation: -1, leader: '', assignor: '', members: [], skipAssignment: false }
  return { errorCode, memberId, ...none }
}
