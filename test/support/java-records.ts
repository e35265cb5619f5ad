// Records through Kafka's Java client: test/interop/java/ReadRecords.java and WriteRecords.java.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { javaProgram, runJava, spawnJava } from './brokers/java.ts'
import { Changes } from './changes.ts'

/** A record as Java's consumer read it. */
export interface JavaRecord {
  partition: number
  offset: number
  timestamp: number
  timestampType: 'CreateTime' | 'LogAppendTime'
  key: Buffer | null
  value: Buffer | null
  headers: [name: string, value: Buffer | null][]
}

/** A record for Java's producer. Without a partition Java chooses it, without a timestamp it is the time of sending. */
export interface RecordForJava {
  partition?: number
  timestamp?: number
  key?: string | Uint8Array | null
  value: string | Uint8Array | null
  headers?: [name: string, value: string | Uint8Array | null][]
}

/** Where Java's producer was told that its record is. */
export interface JavaMetadata {
  partition: number
  offset: number
  timestamp: number
}

/** `name=value` settings of a Java client, by Kafka's names. */
export type JavaSettings = Record<string, string>

/** A program of test/interop/java by its name. */
export function interopProgram(name: string) {
  return javaProgram(fileURLToPath(new URL(`../interop/java/${name}.java`, import.meta.url)))
}

export function settingArgs(settings: JavaSettings): string[] {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`)
}

/** All records that a topic has now, as Java's consumer reads them: by partition and offset. */
export async function readWithJava(
  bootstrapServers: string,
  topic: string,
  settings: JavaSettings = {},
): Promise<JavaRecord[]> {
  const args = [bootstrapServers, topic, ...settingArgs(settings)]
  const { stdout, stderr, exitCode } = await runJava(await interopProgram('ReadRecords'), args)
  if (exitCode !== 0) throw new Error(`ReadRecords ended with exit code ${exitCode}.\n${stderr}`)
  const records = linesOf(stdout).map((line): JavaRecord => {
    const read = JSON.parse(line)
    return {
      ...read,
      key: decoded(read.key),
      value: decoded(read.value),
      headers: read.headers.map(([name, value]: [string, string | null]) => [name, decoded(value)]),
    }
  })
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** Writes records with Java's producer, and resolves with where each of them is. */
export async function writeWithJava(
  bootstrapServers: string,
  topic: string,
  records: readonly RecordForJava[],
  settings: JavaSettings = {},
): Promise<JavaMetadata[]> {
  const args = [bootstrapServers, topic, ...settingArgs(settings)]
  const stdin = records.map((record) => `${recordCommand(record)}\n`).join('')
  const { stdout, stderr, exitCode } = await runJava(await interopProgram('WriteRecords'), args, { stdin })
  if (exitCode !== 0) throw new Error(`WriteRecords ended with exit code ${exitCode}.\n${stderr}`)
  return linesOf(stdout).map((line) => JSON.parse(line))
}

/** A Java producer that is told step by step what to do. */
export class JavaProducer implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown>
  readonly #changes = new Changes()
  readonly #written: JavaMetadata[] = []
  #done = 0
  #asked = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#gone = once(child, 'close')
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const told = JSON.parse(line)
      if ('done' in told) this.#done++
      else this.#written.push(told)
      this.#changes.happened()
    })
    child.once('exit', (code) => this.#changes.fail(new Error(`WriteRecords ended (${code}).\n${stderr}`)))
  }

  static async start(bootstrapServers: string, topic: string, settings: JavaSettings): Promise<JavaProducer> {
    const args = [bootstrapServers, topic, ...settingArgs(settings)]
    return new JavaProducer(await spawnJava(await interopProgram('WriteRecords'), args))
  }

  /** Gives it a record; it is sent with the next command, at the latest. */
  send(record: RecordForJava): void {
    this.#child.stdin!.write(`${recordCommand(record)}\n`)
  }

  /** Resolves when it is done, with where the records since the last command are. */
  async command(command: 'flush' | 'begin' | 'commit' | 'abort'): Promise<JavaMetadata[]> {
    this.#child.stdin!.write(`${command}\n`)
    const mine = ++this.#asked
    await this.#changes.until(
      () => this.#done >= mine,
      () => `Java's producer to ${command}`,
    )
    return this.#written.splice(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end()
    await this.#gone
  }
}

function recordCommand({ partition, timestamp, key = null, value, headers = [] }: RecordForJava): string {
  const fields = ['record', partition ?? '-', timestamp ?? '-', encoded(key), encoded(value)]
  for (const [name, content] of headers) fields.push(name, encoded(content))
  return fields.join('\t')
}

function encoded(bytes: string | Uint8Array | null): string {
  return bytes === null ? '-' : Buffer.from(bytes as string).toString('base64')
}

function decoded(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
