// The conductor's view of one consumer group: its members' processes, what each owns, and waiting for it to change.

import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Ledger } from './ledger.ts'
import type { ConductorMessage, MemberMessage, MemberOptions } from './messages.ts'
import type { View } from './view.ts'

const MEMBER = fileURLToPath(new URL('./member.ts', import.meta.url))

export interface GroupSettings {
  readonly bootstrapServers: string
  readonly topic: string
  readonly sessionTimeoutMs: number
  readonly log: boolean
  readonly stepTimeoutMs: number
  /** Ctrl-C: nothing is waited for any more. */
  readonly signal: AbortSignal
}

export interface Member {
  readonly name: string
  readonly process: ChildProcess
  partitions: readonly number[]
  generation: number
}

export class Group {
  /** As the story calls it. */
  readonly name: string
  /** Its own for each run. */
  readonly id: string
  readonly members = new Map<string, Member>()
  /** The first offset processed in each partition since {@link noteStarts}. */
  starts = new Map<number, number>()
  /** The newest generation any member has joined. */
  generation = -1
  readonly #settings: GroupSettings
  readonly #ledger: Ledger
  readonly #view: View
  readonly #changes = new EventEmitter()
  #failure: Error | undefined

  constructor(name: string, settings: GroupSettings, ledger: Ledger, view: View) {
    this.name = name
    this.id = `${name}-${settings.topic}`
    this.#settings = settings
    this.#ledger = ledger
    this.#view = view
    this.#changes.setMaxListeners(0)
  }

  start(name: string): void {
    this.#settings.signal.throwIfAborted()
    const { bootstrapServers, topic, sessionTimeoutMs, log } = this.#settings
    const options: MemberOptions = { bootstrapServers, topic, sessionTimeoutMs, log, groupId: this.id, name }
    const child = fork(MEMBER, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const member: Member = { name, process: child, partitions: [], generation: -1 }
    this.members.set(name, member)
    this.#ledger.interrupted(name)
    child.on('message', (message: MemberMessage) => this.#heard(member, message))
    child.on('exit', (code, signal) => {
      this.members.delete(name)
      if (code !== 0 && signal === null) this.#failure ??= new Error(`${name} ended with exit code ${code}`)
      this.#changes.emit('change')
    })
  }

  /** Finishes the record in hand, commits, leaves; resolves when the process has ended. */
  async stop(name: string): Promise<void> {
    const { process } = this.#member(name)
    const ended = once(process, 'exit')
    process.send({ type: 'close' } satisfies ConductorMessage)
    await ended
  }

  /** Begins to note, anew, with which offset each partition's processing starts. */
  noteStarts(): void {
    this.starts = new Map()
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.members.keys()].map((name) => this.stop(name)))
  }

  /** kill -9: no commit, no goodbye. */
  async kill(name: string): Promise<void> {
    const { process } = this.#member(name)
    const ended = once(process, 'exit')
    process.kill('SIGKILL')
    await ended
  }

  killAll(): void {
    for (const { process } of this.members.values()) process.kill('SIGKILL')
  }

  /** How many partitions each member owns, most first: [2, 1, 0]. */
  shares(): number[] {
    return [...this.members.values()].map(({ partitions }) => partitions.length).sort((a, b) => b - a)
  }

  /** Resolves when the members own just these shares, all in one generation. */
  async untilShared(shares: readonly number[]): Promise<void> {
    const settled = () => {
      const generations = new Set([...this.members.values()].map(({ generation }) => generation))
      return generations.size === 1 && String(this.shares()) === String(shares)
    }
    await this.until(
      settled,
      () => `group ${this.name} to share as ${shares.join(', ')}; it is ${this.shares().join(', ')}`,
    )
    const owners = [...this.members.values()].map(({ name, partitions }) => {
      return partitions.length === 0 ? `${name} is idle` : `${name} owns ${partitions.join(', ')}`
    })
    this.#view.say(this.name, `generation ${this.generation}: ${owners.join('; ')}`)
  }

  /** Resolves when `condition` holds; looked at whenever a member tells something. */
  async until(condition: () => boolean, what: () => string): Promise<void> {
    const interrupted = this.#settings.signal
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(this.#settings.stepTimeoutMs)])
    while (!condition()) {
      interrupted.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure
      try {
        await once(this.#changes, 'change', { signal })
      } catch {
        interrupted.throwIfAborted()
        throw new Error(`waited ${this.#settings.stepTimeoutMs} ms in vain for ${what()}`)
      }
    }
  }

  #heard(member: Member, message: MemberMessage): void {
    switch (message.type) {
      case 'assigned':
        member.partitions = message.partitions
        member.generation = message.generation
        this.generation = Math.max(this.generation, message.generation)
        this.#ledger.interrupted(member.name)
        break
      case 'processed':
        if (!this.starts.has(message.partition)) this.starts.set(message.partition, message.offset)
        this.#ledger.processed(this.id, member.name, message.partition, message.offset)
        break
      case 'log':
        this.#view.say(member.name, message.message)
        break
      case 'failed':
        this.#failure ??= new Error(`${member.name}: ${message.message}`)
        break
      case 'closed':
        break
    }
    this.#changes.emit('change')
  }

  #member(name: string): Member {
    const member = this.members.get(name)
    if (member === undefined) throw new Error(`${name} is not running`)
    return member
  }
}
