// Members of one consumer group, ours and Java's, seen alike: what each owns, what it processed, who led.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Consumer, Kafka } from '../../src/index.ts'
import { spawnJava } from './brokers/java.ts'
import { Changes } from './changes.ts'
import { interopProgram, type JavaSettings, settingArgs } from './java-records.ts'

export interface Processed {
  partition: number
  offset: number
  value: string
}

export interface GroupMember extends AsyncDisposable {
  readonly name: string
  /** The partitions that it owns now. */
  readonly partitions: readonly number[]
  readonly processed: readonly Processed[]
  /** Commits, leaves the group and resolves when it has left. */
  close(): Promise<void>
}

export interface MemberOptions {
  groupId: string
  topic: string
  /** How many records to process; afterwards it keeps its partitions and waits. Default: all. */
  limit?: number
  /** Default `'classic'`. */
  groupProtocol?: 'classic' | 'consumer'
}

/** A group's members with one place to wait for any of them. */
export class WatchedGroup {
  readonly changes = new Changes()
  readonly members: GroupMember[] = []

  /** A member on our consumer, with auto-commit. */
  async ours(kafka: Kafka, options: MemberOptions): Promise<GroupMember> {
    const member = new OurMember(kafka, options, this.changes)
    this.members.push(member)
    return member
  }

  /** A member on Java's consumer, which commits after each poll. */
  async java(
    bootstrapServers: string,
    options: MemberOptions,
    settings: JavaSettings = {},
  ): Promise<JavaMember> {
    const { groupId, topic, limit = -1, groupProtocol = 'classic' } = options
    const all = { 'group.protocol': groupProtocol, ...settings }
    const args = [bootstrapServers, groupId, topic, String(limit), ...settingArgs(all)]
    const child = await spawnJava(await interopProgram('GroupMember'), args)
    const member = new JavaMember(child, this.changes)
    this.members.push(member)
    return member
  }

  /** Resolves when each member given owns as many partitions as said, none of them owned by two. */
  async untilShared(...shares: [member: GroupMember, count: number][]): Promise<void> {
    await this.changes.until(
      () => {
        const owned = shares.flatMap(([member]) => member.partitions)
        const isDisjoint = new Set(owned).size === owned.length
        return isDisjoint && shares.every(([member, count]) => member.partitions.length === count)
      },
      () => `the group to be shared as ${shares.map(([{ name }, count]) => `${name} ${count}`)}; ${this}`,
    )
  }

  /** Resolves when all members together have processed this many records. */
  async untilProcessed(count: number): Promise<void> {
    await this.changes.until(
      () => this.members.reduce((sum, { processed }) => sum + processed.length, 0) >= count,
      () => `${count} records to be processed; ${this}`,
    )
  }

  toString(): string {
    const states = this.members.map(({ name, partitions, processed }) => {
      return `${name} owns [${partitions}] and processed ${processed.length}`
    })
    return states.join('; ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()))
  }
}

class OurMember implements GroupMember {
  readonly name = 'ours'
  partitions: readonly number[] = []
  readonly processed: Processed[] = []
  readonly #consumer: Consumer
  readonly #loop: Promise<void>

  constructor(
    kafka: Kafka,
    { groupId, topic, limit = -1, groupProtocol = 'classic' }: MemberOptions,
    changes: Changes,
  ) {
    const owns = () => {
      this.partitions = this.#consumer
        .assignment()
        .map(({ partition }) => partition)
        .sort((a, b) => a - b)
      changes.happened()
    }
    this.#consumer = kafka.consumer({
      groupId,
      topics: [topic],
      autoOffsetReset: 'earliest',
      groupProtocol,
      ...(groupProtocol === 'classic' && { heartbeatIntervalMs: 200, sessionTimeoutMs: 10_000 }),
      onPartitionsAssigned: owns,
      onPartitionsRevoked: () => {
        this.partitions = []
        changes.happened()
      },
    })
    this.#loop = this.#read(limit, changes).catch((error) => changes.fail(error))
  }

  async close(): Promise<void> {
    await this.#consumer.close()
    await this.#loop
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #read(limit: number, changes: Changes): Promise<void> {
    for await (const { partition, offset, value } of this.#consumer) {
      this.processed.push({ partition, offset, value: String(value) })
      changes.happened()
      // A loop left by break leaves its record undone: here it is done.
      if (this.processed.length !== limit) continue
      await this.#consumer.commit()
      break
    }
  }
}

export class JavaMember implements GroupMember {
  readonly name = 'Java'
  partitions: readonly number[] = []
  readonly processed: Processed[] = []
  readonly committed = new Map<number, number>()
  /** How many members the group had each time that this one led it and assigned. */
  readonly led: number[] = []
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  #stderr = ''
  #isClosing = false

  constructor(child: ChildProcess, changes: Changes) {
    this.#child = child
    this.#gone = once(child, 'close')
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#heard(JSON.parse(line))
      changes.happened()
    })
    child.once('exit', (code) => {
      if (!this.#isClosing) changes.fail(new Error(`GroupMember ended (${code}).\n${this.#stderr}`))
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    this.#child.stdin!.end('close\n')
    await this.#gone
    const { exitCode } = this.#child
    if (exitCode !== 0) throw new Error(`GroupMember ended with exit code ${exitCode}.\n${this.#stderr}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #heard(told: { event: string; partition: number; offset: number } & Record<string, unknown>): void {
    const { event, partition, offset } = told
    if (event === 'assigned') this.partitions = told['partitions'] as number[]
    if (event === 'revoked') this.partitions = []
    if (event === 'led') this.led.push(told['members'] as number)
    if (event === 'record') this.processed.push({ partition, offset, value: told['value'] as string })
    if (event === 'committed') this.committed.set(partition, offset)
  }
}
