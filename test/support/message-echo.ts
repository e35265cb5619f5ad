// Asks Kafka's generated Java classes what they understand of a message (test/interop/java/MessageEcho.java).
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { brokerJars } from './brokers/jars.ts'
import { javaProgram, spawnJava } from './brokers/java.ts'

export interface Echo {
  /** What Java encodes the message to. */
  readonly bytes: Buffer
  /** Its fields; numbers are strings (a float64's: its bits), bytes base64, record bytes only their size. */
  readonly json: unknown
}

export interface MessageEcho {
  /** `javaClass` may leave out the package of the APIs' messages. Rejects with Java's stack trace when Java does not read the bytes. */
  echo(javaClass: string, version: number, bytes: Uint8Array): Promise<Echo>
  stop(): Promise<void>
}

/** Needs a JDK; the jars come from Maven, the broker's, for Jackson is among them. */
export async function startMessageEcho(): Promise<MessageEcho> {
  const source = fileURLToPath(new URL('../interop/java/MessageEcho.java', import.meta.url))
  const child = await spawnJava(await javaProgram(source, (await brokerJars()).classpath), [])
  const waiting: { resolve: (answer: Buffer) => void; reject: (error: Error) => void }[] = []
  let received = Buffer.alloc(0)
  let errorOutput = ''

  child.stderr!.on('data', (chunk: Buffer) => {
    errorOutput += chunk
  })
  child.stdout!.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
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
    async echo(javaClass, version, bytes) {
      const answer = await new Promise<Buffer>((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin!.write(question(javaClass, version, bytes))
      })
      if (answer[0] !== 0) throw new Error(`Java could not read it: ${answer.toString('utf8', 1)}`)
      const end = 5 + answer.readInt32BE(1)
      return { bytes: answer.subarray(5, end), json: JSON.parse(answer.toString('utf8', end)) }
    },
    async stop() {
      const closed = once(child, 'close')
      child.stdin!.end()
      await closed
    },
  }
}

function question(javaClass: string, version: number, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8 + javaClass.length)
  header.writeInt32BE(4 + javaClass.length + bytes.length, 0)
  header.writeInt16BE(javaClass.length, 4)
  header.write(javaClass, 6, 'latin1')
  header.writeInt16BE(version, 6 + javaClass.length)
  return Buffer.concat([header, bytes])
}
