// The main job, told in steps on a real broker: a producer writes keyed records, groups share the partitions, members
// come, go and crash, groups stop and resume where they stopped.

import { setTimeout as delay, setInterval as every } from 'node:timers/promises'
import { type Admin, Kafka, type Logger } from '../src/index.ts'
import { within } from '../test/support/brokers/process.ts'
import { Group, type GroupSettings } from './group.ts'
import { Ledger } from './ledger.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import type { PartitionRow, View } from './view.ts'

const PARTITIONS = 3
const TABLE_INTERVAL_MS = 500
const COMMIT_LOOK_INTERVAL_MS = 200
const CLEANUP_TIMEOUT_MS = 3_000

export interface StoryOptions {
  readonly bootstrapServers: string
  readonly log: boolean
  readonly view: View
  readonly signal: AbortSignal
}

/** Runs the demo. Resolves to what did not hold, in words: empty when all is well. */
export async function tellStory({ bootstrapServers, log, view, signal }: StoryOptions): Promise<string[]> {
  const topic = `demo-${Date.now().toString(36)}`
  const settings: GroupSettings = {
    bootstrapServers,
    topic,
    log,
    sessionTimeoutMs: 6_000,
    stepTimeoutMs: 60_000,
    signal,
  }
  const ledger = new Ledger()
  const sequences = new Map<string, number>()
  const groups = ['billing', 'search', 'audit'].map((name) => new Group(name, settings, ledger, view))
  const [billing, search, audit] = groups as [Group, Group, Group]
  const kafka = new Kafka({ bootstrapServers, clientId: 'conductor', logger: conductorsNotes(view) })
  const admin = kafka.admin()
  const stopTable = showTable(admin, topic, groups, ledger, view)
  let created: Promise<unknown> | undefined
  let traffic: Traffic | undefined
  const startWriting = () => {
    signal.throwIfAborted()
    traffic = startTraffic(kafka, topic, ledger, sequences)
    return traffic
  }
  const step = (text: string) => {
    signal.throwIfAborted()
    view.title(text)
  }
  const caughtUp = async (group: Group) => {
    await group.until(
      () => ledger.isComplete(group.id),
      () => `group ${group.name} to process all ${ledger.producedCount} records`,
    )
  }

  const story = async (): Promise<string[]> => {
    step(`A topic with ${PARTITIONS} partitions, and a producer that writes keyed records all the while`)
    created = admin.createTopics([{ name: topic, numPartitions: PARTITIONS, replicationFactor: 1 }])
    await created
    const first = startWriting()
    view.say('conductor', `topic ${topic} on ${bootstrapServers}`)

    step('One consumer owns all three partitions')
    billing.start('billing-1')
    await billing.untilShared([3])
    step('A second joins: two and one')
    billing.start('billing-2')
    await billing.untilShared([2, 1])
    step('A third: one each')
    billing.start('billing-3')
    await billing.untilShared([1, 1, 1])
    step('A fourth finds nothing to own, and is idle: more members than partitions')
    billing.start('billing-4')
    await billing.untilShared([1, 1, 1, 0])

    step('One stops in good order: it commits and leaves, and its partition moves at once')
    await billing.stop(anOwner(billing))
    await billing.untilShared([1, 1, 1])

    step(
      `One is killed without a goodbye: its partition moves after the session timeout of ${settings.sessionTimeoutMs} ms`,
    )
    // It has processed what it has not committed yet: those records come again, to the next owner.
    const heard = ledger.processedCount(billing.id)
    await billing.until(
      () => ledger.processedCount(billing.id) > heard + 30,
      () => 'thirty more records before the kill',
    )
    await billing.kill(anOwner(billing))
    await billing.untilShared([2, 1])

    step('Two further groups read the same topic: each sees every record, whatever the others do')
    search.start('search-1')
    search.start('search-2')
    audit.start('audit-1')
    await Promise.all([search.untilShared([2, 1]), audit.untilShared([3])])

    step(
      'One group stops whole while the others run: their generations stay, their committed offsets keep rising',
    )
    const generations = [billing.generation, search.generation]
    await audit.stopAll()
    await Promise.all([billing, search].map((group) => committedRises(admin, group, settings)))
    const after = [billing.generation, search.generation]
    if (String(generations) !== String(after))
      throw new Error(`generations went from ${generations} to ${after}`)
    view.say('conductor', `generations of the other groups are still ${after.join(' and ')}`)
    step('Started again, it goes on where it stopped')
    await resumes(admin, audit, view, () => audit.start('audit-1'))

    step('All stop; the producer writes on, and nobody listens')
    await Promise.all(groups.map((group) => group.stopAll()))
    await first.stop()
    const second = startWriting()
    await second.until(ledger.producedCount + 60)
    await second.stop()

    step('Started again, consumption resumes at the committed offsets')
    await resumes(admin, billing, view, () => {
      billing.start('billing-5')
      billing.start('billing-6')
    })
    search.start('search-3')
    audit.start('audit-2')
    await Promise.all(groups.map(caughtUp))

    step('The end: everything processed, everybody leaves')
    await Promise.all(groups.map((group) => group.stopAll()))
    for (const group of groups) {
      const [processed, repeated] = [ledger.processedCount(group.id), ledger.repeated(group.id)]
      view.say(
        'conductor',
        `${group.name}: ${processed} processed of ${ledger.producedCount} produced, ${repeated} of them again`,
      )
    }
    return ledger.violations(groups.map(({ id }) => id))
  }

  // The topic is this run's own. The producer ends first: it would make the topic anew.
  const cleanUp = async () => {
    await traffic?.stop().catch(() => {})
    await stopTable()
    const exists = await created?.then(Boolean, () => false)
    if (exists) await admin.deleteTopics([topic])
    await kafka.close()
  }
  try {
    return await Promise.race([story(), aborted(signal)])
  } finally {
    for (const group of groups) group.killAll()
    const late = () => `it took longer than ${CLEANUP_TIMEOUT_MS} ms`
    await within(CLEANUP_TIMEOUT_MS, cleanUp(), late).catch((error: Error) => {
      view.say('conductor', `topic ${topic} may be left behind on ${bootstrapServers}: ${error.message}`)
    })
    view.close()
  }
}

/** Rejects with the signal's reason: whatever the story waits for just then is left. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

/** A member that owns a partition. */
function anOwner(group: Group): string {
  for (const { name, partitions } of group.members.values()) if (partitions.length > 0) return name
  throw new Error(`nobody in group ${group.id} owns a partition`)
}

async function committedOffsets(admin: Admin, groupId: string): Promise<Map<number, number>> {
  const offsets = await admin.listConsumerGroupOffsets(groupId)
  return new Map(offsets.map(({ partition, offset }) => [partition, offset]))
}

/** Resolves when the group has committed more in every partition than when this was called. */
async function committedRises(admin: Admin, group: Group, settings: GroupSettings): Promise<void> {
  const before = await committedOffsets(admin, group.id)
  const deadline = performance.now() + settings.stepTimeoutMs
  while (performance.now() < deadline) {
    await delay(COMMIT_LOOK_INTERVAL_MS, undefined, { signal: settings.signal })
    const now = await committedOffsets(admin, group.id)
    const rose = [...now].every(([partition, offset]) => offset > (before.get(partition) ?? 0))
    if (now.size === PARTITIONS && rose) return
  }
  throw new Error(
    `waited ${settings.stepTimeoutMs} ms in vain for the committed offsets of ${group.name} to rise`,
  )
}

/** Starts members and resolves when each partition's processing has begun just where the group had committed. */
async function resumes(admin: Admin, group: Group, view: View, start: () => void): Promise<void> {
  const committed = await committedOffsets(admin, group.id)
  group.noteStarts()
  start()
  await group.until(
    () => group.starts.size === PARTITIONS,
    () => `group ${group.name} to process a record of each partition again`,
  )
  for (const [partition, offset] of group.starts) {
    if (offset !== (committed.get(partition) ?? 0)) {
      throw new Error(
        `${group.name} committed ${committed.get(partition)} in partition ${partition}, but went on at ${offset}`,
      )
    }
  }
  const where = [...group.starts].sort().map(([partition, offset]) => `${partition} at ${offset}`)
  view.say('conductor', `${group.name} resumed at its committed offsets: partition ${where.join(', ')}`)
}

/** Warnings of the conductor's own clients, in one line each. */
function conductorsNotes(view: View): Logger {
  const say = (message: string) => view.say('conductor', `warning: ${message}`)
  return { debug() {}, info() {}, warn: say, error: say }
}

/** Keeps the view's table up to date until the returned function is called. */
function showTable(
  admin: Admin,
  topic: string,
  groups: readonly Group[],
  ledger: Ledger,
  view: View,
): () => Promise<void> {
  const stopping = new AbortController()
  const show = async () => {
    const rows = await Promise.all(groups.map((group) => tableRows(admin, group, ledger)))
    view.table(rows.flat(), ledger.producedCount)
  }
  const running = (async () => {
    for await (const _ of every(TABLE_INTERVAL_MS, undefined, { signal: stopping.signal })) {
      await show()
    }
  })().catch((error: unknown) => {
    if (!stopping.signal.aborted) view.say('conductor', `no table any more for ${topic}: ${error}`)
  })
  return async () => {
    stopping.abort()
    await running
    await show().catch(() => {})
  }
}

async function tableRows(admin: Admin, group: Group, ledger: Ledger): Promise<PartitionRow[]> {
  const committed = await committedOffsets(admin, group.id)
  const positions = ledger.positions(group.id)
  const ends = ledger.ends()
  return Array.from({ length: PARTITIONS }, (_, partition) => ({
    group: group.name,
    partition,
    owner: [...group.members.values()].find(({ partitions }) => partitions.includes(partition))?.name ?? '-',
    position: positions.get(partition),
    committed: committed.get(partition),
    end: ends.get(partition),
  }))
}
