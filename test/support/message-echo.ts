// Asks Kafka's generated Java classes what they understand of a message (test/interop/java/MessageEcho.java).
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { brokerJars } from './brokers/jars.ts'
import { javaProgram, spawnJava } from './brokers/java.ts'

export interface Echo {
  /** What Java encodes the message to. */
  readonly bytes: Buffer
  /** The same with tagged fields that nobody knows in every structure; empty in a version without tagged fields. */
  readonly withUnknownTags: Buffer
  /** Its fields, of a request or response those of `header` and of `body`; numbers are strings (a float64's: its bits), bytes base64, record bytes only their size. */
  readonly json: unknown
}

export interface MessageEcho {
  /**
   * `what` is a message's class (an API's without its package), or `request` or `response` and an API's key, for a
   * frame without its length. Rejects with Java's stack trace when Java does not read the bytes.
   */
  echo(what: string, version: number, bytes: Uint8Array): Promise<Echo>
  stop(): Promise<void>
}

/** Needs a JDK; the jars come from Maven, the broker's, for Jackson is among them. */
export async function startMessageEcho(): Promise<MessageEcho> {
  const source = fileURLToPath(new URL('../interop/java/MessageEcho.java', import.meta.url))
  const child = await spawnJava(await javaProgram(source, (await brokerJars()).classpath), [])
  const waiting: { resolve: (answer: Buffer) => void; reject: (error: Error) => void }[] = []
  let received: Buffer = Buffer.alloc(0)
  let errorOutput = ''

  child.stderr!.on('data', (chunk: Buffer) => {
    errorOutput += chunk
  })
  child.stdout!.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const end = 4 + received.readInt32BE(0)
      waiting.shift()!.resolve(received.subarray(4, end))
      received = received.subarray(end)
    }
  })
  child.on('close', (code) => {
    const error = new Error(`MessageEcho ended with code ${code}: ${errorOutput}`)
    for (const { reject } of waiting.splice(0)) reject(error)
  })

  return {
    async echo(what, version, bytes) {
      const answer = await new Promise<Buffer>((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin!.write(question(what, version, bytes))
      })
      if (answer[0] !== 0) throw new Error(`Java could not read it: ${answer.toString('utf8', 1)}`)
      const bytesEnd = 5 + answer.readInt32BE(1)
      const end = bytesEnd + 4 + answer.readInt32BE(bytesEnd)
      return {
        bytes: answer.subarray(5, bytesEnd),
        withUnknownTags: answer.subarray(bytesEnd + 4, end),
        json: JSON.parse(answer.toString('utf8', end)),
      }
    },
    async stop() {
      const closed = once(child, 'close')
      child.stdin!.end()
      await closed
    },
  }
}

function question(what: string, version: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8 + what.length)
  header.writeInt32BE(4 + what.length + bytes.length, 0)
  header.writeInt16BE(what.length, 4)
  header.write(what, 6, 'latin1')
  header.writeInt16BE(version, 6 + what.length)
  return Buffer.concat([header, bytes])
}
