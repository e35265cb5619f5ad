// Asks Java's assignor classes (test/interop/java/Assignors.java): one process, many groups.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AssignmentInput, GroupMember } from '../../src/group/assignors/assignor.ts'
import { type JavaProgram, javaProgram, spawnJava } from './brokers/java.ts'

export type JavaAssignor =
  | 'RangeAssignor'
  | 'RoundRobinAssignor'
  | 'StickyAssignor'
  | 'CooperativeStickyAssignor'

/** Its last word: see Assignors.java. */
const ENDLESS = 'endless'

/** Partitions as `topic=number`, sorted, by member. */
export type WrittenAssignment = Map<string, string[]>

export interface JavaAssignors {
  /** What Java's class gives; undefined when it does not come to an end. Rejects when it throws. */
  assign(assignor: JavaAssignor, input: AssignmentInput): Promise<WrittenAssignment | undefined>
  /** Milliseconds that each of so many calls took. */
  time(assignor: JavaAssignor, input: AssignmentInput, calls: number): Promise<number[]>
  stop(): Promise<void>
}

type Start = (program: JavaProgram) => Promise<ChildProcess>

interface Question {
  readonly line: string
  readonly resolve: (answer: string) => void
  readonly reject: (error: Error) => void
}

/** Needs a JDK; the jar comes from Maven. Many may be asked at once: they are answered one after another. */
export async function startJavaAssignors(
  start: Start = (program) => spawnJava(program, []),
): Promise<JavaAssignors> {
  let waiting: Question[] = []
  let child = await startProcess()

  async function startProcess(): Promise<ChildProcess> {
    const source = fileURLToPath(new URL('../interop/java/Assignors.java', import.meta.url))
    const process = await start(await javaProgram(source))
    let errorOutput = ''
    let hasGivenUp = false
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errorOutput += text
    })
    process.stdin!.on('error', () => {}) // It may have ended itself.
    createInterface({ input: process.stdout! }).on('line', (line) => {
      hasGivenUp = line === ENDLESS
      waiting.shift()?.resolve(line)
    })
    process.on('close', (code) => {
      const error = new Error(`Assignors ended with code ${code}: ${errorOutput}`)
      if (!hasGivenUp) for (const { reject } of waiting.splice(0)) reject(error)
    })
    return process
  }

  async function ask(line: string): Promise<string | undefined> {
    const answer = await new Promise<string>((resolve, reject) => {
      waiting.push({ line, resolve, reject })
      child.stdin!.write(`${line}\n`)
    })
    if (answer.startsWith('error ')) throw new Error(`Java: ${answer.slice(6)}, when asked\n${line}`)
    if (answer !== ENDLESS) return answer
    await replace()
    return undefined
  }

  /** The process has ended itself, and what else it was asked goes to another one. */
  async function replace(): Promise<void> {
    const rest = waiting
    waiting = []
    child = await startProcess()
    const meanwhile = waiting
    waiting = [...rest, ...meanwhile]
    for (const { line } of waiting) child.stdin!.write(`${line}\n`)
  }

  return {
    async assign(assignor, input) {
      const answer = await ask(asLine(assignor, input))
      if (answer === undefined) return undefined
      const members =
        answer === '' ? [] : answer.split(';').map((each) => each.split('/') as [string, string])
      // In no order: Java gives a member's topics in that of a hash map.
      return new Map(members.map(([id, list]) => [id, list === '' ? [] : list.split(',').sort()]))
    },
    async time(assignor, input, calls) {
      const answer = await ask(asLine(assignor, input, calls))
      if (answer === undefined) throw new Error(`Java's ${assignor} did not end in time`)
      return answer.split(',').map((nanoseconds) => Number(nanoseconds) / 1e6)
    },
    async stop() {
      const closed = once(child, 'close')
      child.stdin!.end()
      await closed
    },
  }
}

/** As Assignors.java reads it. */
export function asLine(
  assignor: JavaAssignor,
  { members, partitionCounts, partitionRacks }: AssignmentInput,
  calls = 0,
): string {
  const topics = [...partitionCounts].map(([topic, count]) => {
    const racks = partitionRacks?.get(topic)
    if (racks === undefined) return `${topic}=${count}`
    return `${topic}=${Array.from({ length: count }, (_, p) => `|${racks[p]?.join('+') ?? ''}`).join('')}`
  })
  return [assignor, calls, topics.join(','), members.map(memberAsText).join(';')].join('\t')
}

function memberAsText(member: GroupMember): string {
  return [
    member.memberId,
    member.groupInstanceId ?? '',
    member.topics.join(','),
    member.rackId ?? '',
    member.ownedPartitions.map(({ topic, partition }) => `${topic}=${partition}`).join(','),
    member.generation < 0 ? '' : member.generation,
    member.userData?.toString('hex') ?? '',
  ].join('/')
}
