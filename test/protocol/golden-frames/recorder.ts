// A TCP proxy that keeps every request and response that passes. It reads no more of them than the request's header,
// by hand: what is recorded must not depend on the codecs that are to be tested with it.
import { connect, createServer, type Socket } from 'node:net'

export interface Exchange {
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
  readonly clientId: string
  /** Both without their length. */
  readonly request: Buffer
  /** Undefined until it came, and when none comes (acks 0). */
  response: Buffer | undefined
}

export interface Recorder extends AsyncDisposable {
  /** In the order of the requests; grows. */
  readonly exchanges: readonly Exchange[]
  /** A proxy to a port of this machine, listening on another. */
  listen(port: number, target: number): Promise<void>
}

const host = '127.0.0.1'

export function createRecorder(): Recorder {
  const exchanges: Exchange[] = []
  const closers: (() => void)[] = []
  return {
    exchanges,
    listen: (port, target) =>
      new Promise((resolve, reject) => {
        const server = createServer((client) => relay(client, target, exchanges))
        closers.push(() => server.close())
        server.once('error', reject)
        server.listen(port, host, resolve)
      }),
    async [Symbol.asyncDispose]() {
      for (const close of closers) close()
    },
  }
}

function relay(client: Socket, target: number, exchanges: Exchange[]): void {
  const broker = connect(target, host)
  const pending = new Map<number, Exchange>()
  const onRequest = frameSplitter((request) => {
    const exchange = { ...headerOf(request), request, response: undefined }
    exchanges.push(exchange)
    pending.set(exchange.correlationId, exchange)
  })
  const onResponse = frameSplitter((response) => {
    const exchange = pending.get(response.readInt32BE(0))
    if (exchange === undefined) throw new Error(`a response to no request: ${response.toString('hex')}`)
    pending.delete(exchange.correlationId)
    exchange.response = response
  })
  forward(client, broker, onRequest)
  forward(broker, client, onResponse)
}

function forward(from: Socket, to: Socket, watch: (chunk: Buffer) => void): void {
  from.on('data', (chunk) => {
    watch(chunk)
    to.write(chunk)
  })
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
}

/** Calls back with each whole frame, whatever pieces the bytes come in. */
function frameSplitter(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let received = Buffer.alloc(0)
  return (chunk) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const end = 4 + received.readInt32BE(0)
      onFrame(Buffer.from(received.subarray(4, end)))
      received = received.subarray(end)
    }
  }
}

function headerOf(request: Buffer): Pick<Exchange, 'apiKey' | 'version' | 'correlationId' | 'clientId'> {
  const length = request.readInt16BE(8)
  return {
    apiKey: request.readInt16BE(0),
    version: request.readInt16BE(2),
    correlationId: request.readInt32BE(4),
    clientId: length < 0 ? '' : request.toString('utf8', 10, 10 + length),
  }
}
