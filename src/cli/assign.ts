// ottla assign: how a group shares partitions, as members come and go. It connects to nothing.

import {
  type AssignorChoice,
  isKafkaError,
  type SimulatedGroup,
  type Step,
  simulateGroup,
  type TopicPartition,
} from '../testing/index.ts'
import { parseOffline, positiveInteger, required, UsageError } from './arguments.ts'
import { counted, field, table } from './output.ts'

export const assignHelp = `Usage: ottla assign --members N --partitions N [--assignor NAME] [--then STEP …]

Simulates a consumer group: prints who has which partitions, and what moved, after each step. It needs no broker.

      --assignor NAME            range, roundrobin, sticky or cooperative-sticky; default range. Several, in the order
                                 of preference: a group is cooperative when all of them are
      --members N                how many join at first, all at once: m1, m2 …
      --partitions N             of each topic
      --topics N                 how many topics: t1, t2 …; default 1
      --topic NAME:PARTITIONS    a topic by name, instead of --topics and --partitions (repeatable)
      --static                   members are static: they keep their partitions over a bounce
      --then STEP                what happens next (repeatable, in this order):
                                   join          a new member joins; join:2 is m2, who had gone
                                   leave:2       m2 leaves
                                   crash:2       m2 is gone without a word, and what it knew with it
                                   partitions:18 every topic has 18 partitions now; partitions:t1:18 only t1
                                   bounce        all are restarted, one after the other; bounce:2 is only m2
      --json                     a line of JSON for each step
  -h, --help                     this text

moved: partitions taken from members that stayed; needed: how many would have done for this balance. unowned: how
long partitions had no owner; there is no clock, so in rebalances.`

const STEPS = 'join, leave:N, crash:N, partitions:N, bounce'
/** More than that would take long, and nobody could read it. */
const MOST_MEMBERS = 1_000
const MOST_PARTITIONS = 100_000

export async function assign(words: readonly string[]): Promise<void> {
  const { values, positionals } = parseOffline(words, {
    assignor: { type: 'string', multiple: true },
    members: { type: 'string' },
    partitions: { type: 'string' },
    topics: { type: 'string' },
    topic: { type: 'string', multiple: true },
    static: { type: 'boolean' },
    // biome-ignore lint/suspicious/noThenProperty: a flag's name; nobody awaits it
    then: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  })
  if (values.help) return void process.stdout.write(`${assignHelp}\n`)
  if (positionals.length > 0) throw new UsageError(`'${positionals.join(' ')}' was not expected`)
  const members = positiveInteger(required(values.members, 'members'), 'members')!
  if (members > MOST_MEMBERS) throw new UsageError(`--members ${members}: at most ${MOST_MEMBERS}`)
  const topics = topicsOf(values)
  const play = new Play(values.assignor ?? ['range'], topics, values.static ?? false)
  const steps = [
    ...play.start(members),
    ...(values.then ?? []).flatMap((text) => refusedBy(`--then ${text}: `, () => play.next(text))),
  ]
  for (const [index, step] of steps.entries()) {
    if (values.json) process.stdout.write(`${JSON.stringify(jsonOf(step))}\n`)
    else print(step, steps[index - 1])
  }
}

/** What the simulation will not do is wrong use of the command. */
function refusedBy<Result>(prefix: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    if (isKafkaError(error, 'INVALID_ARGUMENT')) throw new UsageError(`${prefix}${error.message}`)
    throw error
  }
}

class Play {
  readonly #group: SimulatedGroup
  readonly #topics: Map<string, number>
  readonly #isStatic: boolean
  #highest = 0

  constructor(assignors: readonly string[], topics: Map<string, number>, isStatic: boolean) {
    const options = { assignor: assignors as unknown as AssignorChoice, topics: Object.fromEntries(topics) }
    this.#group = refusedBy('', () => simulateGroup(options))
    this.#topics = topics
    this.#isStatic = isStatic
  }

  start(members: number): readonly Step[] {
    return [this.#join(Array.from({ length: members }, (_, i) => i + 1))]
  }

  /** `leave:2`. */
  next(text: string): readonly Step[] {
    const [what, ...rest] = text.split(':')
    const number = () => numberIn(text, rest[0])
    if (rest.length > (what === 'partitions' ? 2 : 1)) throw unknownStep(text)
    switch (what) {
      case 'join':
        return [this.#join([rest.length === 0 ? this.#highest + 1 : number()])]
      case 'leave':
        return [this.#group.leave(nameOf(number()))]
      case 'crash':
        return [this.#group.crash(nameOf(number()))]
      case 'bounce':
        return this.#group.bounce(rest.length === 0 ? {} : { members: [nameOf(number())] })
      case 'partitions':
        return this.#grow(text, rest)
      default:
        throw unknownStep(text)
    }
  }

  #join(numbers: readonly number[]): Step {
    const step = this.#group.join(numbers.map(nameOf), { isStatic: this.#isStatic })
    this.#highest = Math.max(this.#highest, ...numbers)
    return step
  }

  #grow(text: string, words: readonly string[]): readonly Step[] {
    const partitions = numberIn(text, words.at(-1))
    if (partitions > MOST_PARTITIONS)
      throw new UsageError(`--then ${text}: at most ${MOST_PARTITIONS} partitions`)
    const names = words.length === 2 ? [words[0]!] : [...this.#topics.keys()]
    return names.map((name) => this.#group.increasePartitions(name, partitions))
  }
}

function unknownStep(text: string): UsageError {
  return new UsageError(`--then ${text}: not one of ${STEPS}`)
}

function numberIn(text: string, word: string | undefined): number {
  const [what] = text.split(':')
  if (word === undefined) {
    throw new UsageError(`--then ${text}: say ${what === 'partitions' ? 'how many' : 'whom'}: ${what}:N`)
  }
  if (!/^[1-9]\d{0,8}$/.test(word)) throw new UsageError(`--then ${text}: N is a whole number above zero`)
  return Number(word)
}

function nameOf(number: number): string {
  return `m${number}`
}

interface TopicFlags {
  readonly topic?: readonly string[] | undefined
  readonly topics?: string | undefined
  readonly partitions?: string | undefined
}

function topicsOf({ topic, topics, partitions }: TopicFlags): Map<string, number> {
  if (topic === undefined) {
    const partitionCount = positiveInteger(required(partitions, 'partitions'), 'partitions')!
    const topicCount = positiveInteger(topics, 'topics') ?? 1
    if (partitionCount * topicCount > MOST_PARTITIONS) {
      throw new UsageError(`--partitions ${partitionCount}: at most ${MOST_PARTITIONS} partitions in all`)
    }
    return new Map(Array.from({ length: topicCount }, (_, i) => [`t${i + 1}`, partitionCount]))
  }
  if ((topics ?? partitions) !== undefined)
    throw new UsageError('--topics and --partitions go without --topic')
  const byName = new Map<string, number>()
  for (const text of topic) {
    const [, name, count] = /^(.+):([1-9]\d{0,8})$/.exec(text) ?? []
    if (name === undefined) throw new UsageError(`--topic ${text}: not NAME:PARTITIONS`)
    if (Number(count) > MOST_PARTITIONS)
      throw new UsageError(`--topic ${text}: at most ${MOST_PARTITIONS} partitions`)
    if (byName.has(name)) throw new UsageError(`--topic ${text}: '${name}' is there already`)
    byName.set(name, Number(count))
  }
  return byName
}

function print(step: Step, previous: Step | undefined): void {
  const { action, assignment, balance, moves, neededMoves, rebalances } = step
  const generation = rebalances.at(-1)
  const by =
    generation === undefined ? '' : ` (${generation.assignor.name}, generation ${generation.generation})`
  process.stdout.write(`${previous === undefined ? '' : '\n'}${field(action)}${by}\n`)
  const rows = [...assignment].map(([name, partitions]) => {
    const taken = moves.filter(({ to }) => to === name)
    const froms = [...new Set(taken.map(({ from }) => from))]
    const moved = froms.map((from) => `${listed(taken.filter((move) => move.from === from))} of ${from}`)
    return [name, partitions.length, listed(partitions) || '-', moved.join('; ') || '-']
  })
  if (rows.length > 0) table([['member', 'count', 'partitions', 'moved here'], ...rows])
  const told = [
    counted(rebalances.length, 'rebalance'),
    `spread ${balance.spread}`,
    `moved ${moves.length}, needed ${neededMoves}`,
    `unowned ${unownedOf(step)}`,
  ]
  process.stdout.write(`${told.join('; ')}\n`)
}

/** `12 for 1 rebalance, 3 for 2`. */
function unownedOf({ unowned }: Step): string {
  const counts = new Map<number, number>()
  for (const { rebalances } of unowned) counts.set(rebalances, (counts.get(rebalances) ?? 0) + 1)
  const sorted = [...counts].sort(([a], [b]) => a - b)
  return sorted.map(([times, count]) => `${count} for ${counted(times, 'rebalance')}`).join(', ') || 'none'
}

/** `t1 0-2, 5; t2 1`. */
function listed(partitions: readonly TopicPartition[]): string {
  const byTopic = new Map<string, [first: number, last: number][]>()
  for (const { topic, partition } of partitions) {
    const runs = byTopic.get(topic) ?? []
    const run = runs.at(-1)
    if (run !== undefined && run[1] + 1 === partition) run[1] = partition
    else runs.push([partition, partition])
    byTopic.set(topic, runs)
  }
  return [...byTopic]
    .map(([topic, runs]) => {
      const ranges = runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
      return `${field(topic)} ${ranges.join(', ')}`
    })
    .join('; ')
}

function jsonOf({ action, assignment, balance, moves, neededMoves, rebalances, unowned }: Step): object {
  return {
    action,
    rebalances: rebalances.map(({ generation, reason, leader, assignor }) => {
      return { generation, reason, leader, assignor: assignor.name }
    }),
    assignment: Object.fromEntries(assignment),
    spread: balance.spread,
    moves,
    neededMoves,
    unowned,
  }
}
