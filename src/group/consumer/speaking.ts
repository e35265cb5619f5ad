// What a member says (N1): one heartbeat at a time, with all there is to say on joining and after every failure,
// otherwise with what has changed.

import { areSame, byTopicId } from './partitions.ts'
import { heartbeats, NOTHING_UNSAID } from './state.ts'
import type { Transition } from './transition.ts'

/** Sends what is due, if nothing is outstanding. */
export function speak(t: Transition): void {
  const { phase, epoch, heartbeatToken, nextHeartbeatAt, subscription, unsaid, said } = t.state
  if (!heartbeats(phase) || heartbeatToken !== undefined || t.now < nextHeartbeatAt) return
  const token = t.token()
  const owned = unsaid.all || unsaid.owned ? byTopicId(t.state.owned) : undefined
  t.set({ heartbeatToken: token, unsaid: NOTHING_UNSAID, said: owned ?? said })
  if (owned !== undefined) t.set({ inDoubt: true })
  t.do({
    type: 'send heartbeat',
    token,
    epoch,
    isFull: unsaid.all,
    subscription: unsaid.all || unsaid.subscription ? subscription : undefined,
    owned,
  })
}

/** Tells what is owned, when the coordinator waits to hear it or has heard something else. */
export function acknowledge(t: Transition): void {
  const { owesAcknowledgement, owned, said } = t.state
  if (!owesAcknowledgement && areSame(byTopicId(owned), said)) return
  t.set({ owesAcknowledgement: false })
  t.unsaid({ owned: true })
  speak(t)
}
