// Whether a broker answers: a Metadata request in a handful of raw bytes, independent of the client under test.
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Address {
  host: string
  port: number
}

export interface ReadyOptions {
  /** The brokers that its metadata must list; none: any answer will do. */
  brokerIds: number[]
  deadlineMs: number
  /** Whether the broker's process still runs, when it is ours; asked between attempts. */
  isRunning?: () => Promise<boolean>
}

/**
 * Resolves when the broker at this address answers and lists these brokers as registered and not fenced.
 * Rejects at the deadline; earlier when our own broker does not run any more, or another's is not Kafka.
 */
export async function awaitReady(address: Address, options: ReadyOptions): Promise<void> {
  const { brokerIds, deadlineMs, isRunning } = options
  const where = `${address.host}:${address.port}`
  const until = Date.now() + deadlineMs
  let last = 'no answer yet'
  while (Date.now() < until) {
    try {
      const listed = await listedBrokers(address, Math.min(2000, until - Date.now()))
      if (brokerIds.every((id) => listed.includes(id))) return
      last = `it lists the brokers ${listed.join(', ') || 'none'}; awaited: ${brokerIds.join(', ')}`
    } catch (error) {
      if (error instanceof NotKafka && !isRunning) throw new Error(`What answers at ${where} is not Kafka`)
      last = (error as Error).message
    }
    if (isRunning && !(await isRunning()))
      throw new Error(`The broker at ${where} ended while it was starting`)
    await delay(100)
  }
  throw new Error(`No broker was ready at ${where} within ${deadlineMs} ms (${last})`)
}

/** The ids of the brokers that the broker at this address lists in its metadata. */
export function listedBrokers(address: Address, deadlineMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.host)
    let received = Buffer.alloc(0)
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    const deadline = setTimeout(() => fail(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
    socket.once('connect', () => socket.write(metadataRequest))
    socket.once('error', fail)
    socket.once('close', () => {
      clearTimeout(deadline)
      fail(new Error('the connection was closed'))
    })
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const sizeBytes = received.length < 4 ? 0 : received.readInt32BE(0)
      if (sizeBytes < 0 || sizeBytes > 100_000) return fail(new NotKafka())
      if (received.length < 4 + sizeBytes || sizeBytes === 0) return
      try {
        resolve(readBrokerIds(received))
        socket.destroy()
      } catch {
        fail(new NotKafka())
      }
    })
  })
}

class NotKafka extends Error {
  override message = 'what answers is not Kafka'
}

// Size, api key 3, version 1, correlation id 1, no client id, and an empty list of topics.
const metadataRequest = Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 255, 255, 0, 0, 0, 0])

function readBrokerIds(frame: Buffer): number[] {
  if (frame.readInt32BE(4) !== 1) throw new Error('another correlation id')
  const count = frame.readInt32BE(8)
  const ids: number[] = []
  let offset = 12
  for (let i = 0; i < count; i += 1) {
    ids.push(frame.readInt32BE(offset))
    offset += 4 + 2 + frame.readInt16BE(offset + 4) + 4 // id, host, port
    offset += 2 + Math.max(0, frame.readInt16BE(offset)) // rack, which may be null
  }
  return ids
}

/**
 * A port that is free now. It is taken from below the range that outgoing connections use, so that it is still
 * free when a node that was killed wants it back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (!handedOut.has(port) && (await isFree(port))) {
      handedOut.add(port)
      return port
    }
  }
}

const handedOut = new Set<number>()

/** Whether nothing listens on this port of this machine. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
