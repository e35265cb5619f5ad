// Fetch sessions (KIP-227) as a pure machine: what a request to one leader must say so that the broker knows which
// partitions are wanted from where, and whether its answer may be used (F4). Nothing here waits or sends.

/** What one partition is asked for. Compared field by field: only what changed is sent again. */
export interface WantedPartition {
  /** `topic-partition`, unique. */
  readonly key: string
  readonly topic: string
  /** Undefined where the broker has no topic ids, or they are not known. */
  readonly topicId: string | undefined
  readonly partition: number
  readonly fetchOffset: number
  /** Of the leader as we know it; -1: unknown. */
  readonly currentLeaderEpoch: number
  readonly maxBytes: number
}

/** A partition as the request names it. */
export type SessionPartition = Pick<WantedPartition, 'key' | 'topic' | 'topicId' | 'partition'>

export interface FetchSession {
  /** 0: none. */
  readonly id: number
  /** Of the next request: 0 asks for a new session with all partitions, and closes that of `id`. */
  readonly epoch: number
  /** What the broker knows to be wanted. */
  readonly partitions: ReadonlyMap<string, WantedPartition>
  /** Whether the session was made with topic ids: it cannot be mixed. */
  readonly usesTopicIds: boolean
}

/** A request to be sent. The next one is planned from the answer to this one, or from its failure. */
export interface FetchPlan {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly isFull: boolean
  readonly usesTopicIds: boolean
  /** All that is wanted, in the order asked. */
  readonly wanted: ReadonlyMap<string, WantedPartition>
  /** What the request must name: all of it when full, else what is new or changed. */
  readonly send: readonly WantedPartition[]
  /** What the broker shall forget. */
  readonly forget: readonly SessionPartition[]
}

/** What of an answer the session is concerned with. */
export interface SessionAnswer {
  /** Of the answer as a whole. */
  readonly errorCode: number
  readonly sessionId: number
  readonly throttleTimeMs: number
  /** The partitions it has; undefined stands for one that could not be named (an unknown topic id). */
  readonly keys: readonly (string | undefined)[]
}

export type AnswerVerdict =
  | { readonly use: true; readonly session: FetchSession }
  /** `retry`: at once, or after a pause because the broker may not be able to do better yet. */
  | { readonly use: false; readonly session: FetchSession; readonly reason: string }

export const NO_SESSION: FetchSession = { id: 0, epoch: 0, partitions: new Map(), usesTopicIds: false }

const FETCH_SESSION_ID_NOT_FOUND = 70
const FINAL_EPOCH = -1
const MAX_EPOCH = 0x7fff_ffff

/** The next request of a session for these partitions. */
export function planFetch(session: FetchSession, partitions: readonly WantedPartition[]): FetchPlan {
  const wanted = new Map<string, WantedPartition>()
  let usesTopicIds = true
  for (const partition of partitions) {
    wanted.set(partition.key, partition)
    if (partition.topicId === undefined) usesTopicIds = false
  }
  // Epoch 0 makes a new session whatever it was made with before.
  if (session.epoch === 0 || session.usesTopicIds !== usesTopicIds) {
    const plan = { sessionId: session.id, sessionEpoch: 0, isFull: true, usesTopicIds, wanted }
    return { ...plan, send: partitions, forget: [] }
  }
  const send: WantedPartition[] = []
  const forget: SessionPartition[] = []
  for (const partition of partitions) {
    const known = session.partitions.get(partition.key)
    if (known === undefined || !isSame(known, partition)) send.push(partition)
    // A topic made anew has another id: to the broker the old one is another partition.
    if (known !== undefined && known.topicId !== partition.topicId) forget.push(known)
  }
  for (const known of session.partitions.values()) if (!wanted.has(known.key)) forget.push(known)
  const plan = { sessionId: session.id, sessionEpoch: session.epoch, isFull: false, usesTopicIds, wanted }
  return { ...plan, send, forget }
}

/** What the answer to `plan` makes of the session, and whether its partitions may be used. */
export function sessionAfterAnswer(plan: FetchPlan, answer: SessionAnswer): AnswerVerdict {
  if (answer.errorCode === FETCH_SESSION_ID_NOT_FOUND) {
    return { use: false, session: NO_SESSION, reason: 'the broker does not know the fetch session any more' }
  }
  if (answer.errorCode !== 0) {
    return {
      use: false,
      session: closing(plan),
      reason: `the fetch was refused with error ${answer.errorCode}`,
    }
  }
  if (plan.isFull) {
    if (answer.keys.length === 0 && answer.throttleTimeMs > 0) {
      return { use: false, session: NO_SESSION, reason: 'the broker throttles and sent nothing' }
    }
    const problem = fullAnswerProblem(plan, answer.keys)
    if (problem !== undefined) return { use: false, session: NO_SESSION, reason: problem }
    const session =
      answer.sessionId === 0
        ? NO_SESSION
        : {
            id: answer.sessionId,
            epoch: 1,
            partitions: plan.wanted,
            usesTopicIds: plan.usesTopicIds,
          }
    return { use: true, session }
  }
  const unknown = answer.keys.find((key) => key === undefined || !plan.wanted.has(key))
  if (unknown !== undefined || answer.keys.includes(undefined)) {
    const reason = `the broker sent ${unknown ?? 'a topic'}, which the fetch session does not have`
    return { use: false, session: closing(plan), reason }
  }
  if (answer.sessionId === 0) return { use: true, session: NO_SESSION }
  return {
    use: true,
    session: {
      id: plan.sessionId,
      epoch: plan.sessionEpoch === MAX_EPOCH ? 1 : plan.sessionEpoch + 1,
      partitions: plan.wanted,
      usesTopicIds: plan.usesTopicIds,
    },
  }
}

/** What a fetch without an answer leaves: whether the broker worked it off is unknown, so all is sent again. */
export function sessionAfterFailure(plan: FetchPlan): FetchSession {
  return closing(plan)
}

/** Ends the session on the broker; undefined when there is none. Its answer has nothing of interest. */
export function planClose(session: FetchSession): Pick<FetchPlan, 'sessionId' | 'sessionEpoch'> | undefined {
  return session.id === 0 ? undefined : { sessionId: session.id, sessionEpoch: FINAL_EPOCH }
}

// ---- helpers

/** Closes the old one, if the broker still has it, and asks for a new one. */
function closing(plan: FetchPlan): FetchSession {
  return { ...NO_SESSION, id: plan.sessionId }
}

function isSame(a: WantedPartition, b: WantedPartition): boolean {
  return (
    a.fetchOffset === b.fetchOffset &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.maxBytes === b.maxBytes &&
    a.topicId === b.topicId
  )
}

function fullAnswerProblem(plan: FetchPlan, keys: SessionAnswer['keys']): string | undefined {
  const answered = new Set(keys)
  const missing = [...plan.wanted.keys()].filter((key) => !answered.has(key))
  if (missing.length > 0) return `the broker's full answer lacks ${missing.join(', ')}`
  const unknown = keys.filter((key) => key === undefined || !plan.wanted.has(key))
  return unknown.length === 0
    ? undefined
    : `the broker's full answer has ${unknown.length} unknown partitions`
}
