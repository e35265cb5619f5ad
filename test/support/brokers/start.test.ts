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
  for (const name of ['OTTLA_TEST_BROKER', 'OTTLA_TEST_BOOTSTRAP', 'OTTLA_TEST_VERSION'])
    vi.stubEnv(name, undefined)
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

test('OTTLA_TEST_VERSION chooses the version, unless one is asked for', async () => {
  vi.stubEnv('OTTLA_TEST_BROKER', 'container')
  vi.stubEnv('OTTLA_TEST_VERSION', '2.8.2')
  await expect(startBrokers()).rejects.toThrow('there is no image apache/kafka:2.8.2')
  await expect(startBrokers({ version: '3.6.2' })).rejects.toThrow('there is no image apache/kafka:3.6.2')
  // This one there is, but no engine to run it.
  await expect(startBrokers({ version: '4.4.0' })).rejects.toThrow('no container engine here')
})

test('an OTTLA_TEST_VERSION that is no version is refused by name', async () => {
  vi.stubEnv('OTTLA_TEST_VERSION', 'latest')
  await expect(startBrokers()).rejects.toThrow('"latest" is not a version of Kafka')
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
