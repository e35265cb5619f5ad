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

/** Needs a JDK; the jar comes from Maven. */
export async function startJavaAssignors(
  start: Start = (program) => spawnJava(program, []),
): Promise<JavaAssignors> {
  let java = await startProcess(start)

  async function ask(line: string): Promise<string | undefined> {
    const answer = await java.ask(line)
    if (answer.startsWith('error ')) throw new Error(`Java: ${answer.slice(6)}, when asked\n${line}`)
    if (answer !== 'endless') return answer
    java = await startProcess(start)
    return undefined
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
    stop: () => java.stop(),
  }
}

async function startProcess(start: Start) {
  const source = fileURLToPath(new URL('../interop/java/Assignors.java', import.meta.url))
  const child = await start(await javaProgram(source))
  const waiting: { resolve: (answer: string) => void; reject: (error: Error) => void }[] = []
  let errorOutput = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errorOutput += text
  })
  createInterface({ input: child.stdout! }).on('line', (line) => waiting.shift()?.resolve(line))
  child.on('close', (code) => {
    const error = new Error(`Assignors ended with code ${code}: ${errorOutput}`)
    for (const { reject } of waiting.splice(0)) reject(error)
  })
  return {
    ask: (line: string) =>
      new Promise<string>((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin!.write(`${line}\n`)
      }),
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
