import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startBrokers } from './start.ts'

// A machine without a container engine, whatever this one has.
vi.mock(import('./engine.ts'), async (original) => ({
  ...(await original()),
  reachEngine: () => Promise.reject(new Error('no container engine here')),
}))

let web: Server
let webPort: number

beforeEach(async () => {
  web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  webPort = (web.address() as { port: number }).port
  for (const name of ['OTTLA_TEST_BROKER', 'OTTLA_TEST_BOOTSTRAP']) vi.stubEnv(name, undefined)
})

afterEach(() => {
  web.close()
  vi.unstubAllEnvs()
})

test('with OTTLA_TEST_BROKER=none a broker that is asked for is refused', async () => {
  vi.stubEnv('OTTLA_TEST_BROKER', 'none')
  await expect(startBrokers()).rejects.toThrow('OTTLA_TEST_BROKER=none')
})

test('an OTTLA_TEST_BROKER that is none of the four is refused by name', async () => {
  vi.stubEnv('OTTLA_TEST_BROKER', 'docker')
  await expect(startBrokers()).rejects.toThrow(
    'OTTLA_TEST_BROKER=docker: it must be none, env, container or jars',
  )
})

test("the user's own broker that does not speak Kafka is an error with its address, not a reason to try another", async () => {
  vi.stubEnv('OTTLA_TEST_BOOTSTRAP', `127.0.0.1:${webPort}`)
  await expect(startBrokers()).rejects.toThrow(`OTTLA_TEST_BOOTSTRAP=127.0.0.1:${webPort}`)
})

test("brokers to kill or to set up are never the user's own", async () => {
  vi.stubEnv('OTTLA_TEST_BROKER', 'env')
  vi.stubEnv('OTTLA_TEST_BOOTSTRAP', `127.0.0.1:${webPort}`)
  await expect(startBrokers({ nodes: 3 })).rejects.toThrow('not ours to set up or kill')
  await expect(startBrokers({ configs: { a: 'b' } })).rejects.toThrow('not ours to set up or kill')
})

test('without a container engine and without Java, the error names the three ways to have a broker', async () => {
  vi.stubEnv('JAVA_HOME', '/nowhere')
  const error: Error = await startBrokers().then(
    () => expect.fail('a broker was found'),
    (reason) => reason,
  )
  for (const way of [
    'OTTLA_TEST_BOOTSTRAP=host:port',
    'no container engine here',
    'JDK 17',
    '/nowhere/bin/java is not there',
  ]) {
    expect(error.message).toContain(way)
  }
})
