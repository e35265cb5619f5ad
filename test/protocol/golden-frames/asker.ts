// Asks a broker by Kafka's own message classes (java/Ask.java), in whatever version: what no client would send is
// recorded as well, and each version of what it does send.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { zeroOf } from '../../../src/protocol/codec.ts'
import type { Api, Fields, FieldType, RequestOf, ResponseOf } from '../../../src/protocol/schema.ts'
import { brokerJars } from '../../support/brokers/jars.ts'
import { javaProgram, spawnJava } from '../../support/brokers/java.ts'

/** A message as Java's JSON form has it: bytes in base64; fields that the version lacks are not there. */
export type Json<T> = T extends Uint8Array
  ? string
  : T extends bigint
    ? number
    : T extends readonly (infer Element)[]
      ? Json<Element>[]
      : T extends object
        ? { [Name in keyof T]: Json<T[Name]> }
        : T

export interface Asker extends AsyncDisposable {
  /** Undefined when the broker closed the connection, or Java could not write or read it. The reason is told. */
  ask<A extends Api>(api: A, version: number, body: RequestOf<A>): Promise<Json<ResponseOf<A>> | undefined>
}

/** The client id of all that is asked here: short, for most frames hold it. */
export const messageClasses = 'Java 4.4.0'

export async function startAsker(host: string, port: number, tell: (line: string) => void): Promise<Asker> {
  const source = fileURLToPath(new URL('./java/Ask.java', import.meta.url))
  const program = await javaProgram(source, (await brokerJars()).classpath)
  const child = await spawnJava(program, [host, String(port), messageClasses])
  child.stderr!.pipe(process.stderr)
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    async ask(api, version, body) {
      const fields = asJson(api.request.fields, body as Record<string, unknown>, version)
      child.stdin!.write(`${JSON.stringify({ api: api.name, version, body: fields })}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('Ask ended')
      const answer = JSON.parse(value) as { response?: unknown; error?: string }
      if (answer.error !== undefined) tell(`${api.name} v${version}: ${answer.error}`)
      return answer.response as never
    },
    async [Symbol.asyncDispose]() {
      const closed = once(child, 'close')
      child.stdin!.end()
      await closed
    },
  }
}

/** Every field of the version, those left out at their default. */
function asJson(fields: Fields, value: Record<string, unknown>, version: number): unknown {
  const json: Record<string, unknown> = {}
  for (const [name, { spec }] of Object.entries(fields)) {
    if (version < spec.fromVersion || version > spec.untilVersion) continue
    const own = value[name] === undefined ? zeroOf(spec) : value[name]
    if (spec.tagNumber !== undefined && value[name] === undefined) continue
    json[name] = own === null ? null : typeAsJson(spec.type, own, version)
  }
  return json
}

function typeAsJson(type: FieldType, value: unknown, version: number): unknown {
  switch (type.kind) {
    case 'array':
      return (value as unknown[]).map((element) => typeAsJson(type.element, element, version))
    case 'struct':
      return asJson(type.fields, value as Record<string, unknown>, version)
    case 'bytes':
    case 'records':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'bigint64':
      return Number(value)
    default:
      return value
  }
}
