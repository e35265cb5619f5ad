// What a member's process and the conductor tell each other.

export interface MemberOptions {
  readonly bootstrapServers: string
  readonly topic: string
  readonly groupId: string
  /** The member's name in the story: "billing-2". */
  readonly name: string
  readonly sessionTimeoutMs: number
  readonly log: boolean
}

/** From a member. A kill -9 can lose what was on its way: records count as processed once the conductor has heard. */
export type MemberMessage =
  | { readonly type: 'assigned'; readonly partitions: readonly number[]; readonly generation: number }
  | { readonly type: 'processed'; readonly partition: number; readonly offset: number; readonly key: string }
  | { readonly type: 'log'; readonly level: string; readonly message: string }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string }

/** To a member: finish the record in hand, commit, leave. */
export type ConductorMessage = { readonly type: 'close' }
