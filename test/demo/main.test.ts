// How the demo ends: what it says, its exit code, and nothing left behind, Ctrl-C at any moment included.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startCommand } from '../support/commands.ts'

describe('npm run demo', () => {
  it('-- --help explains', async () => {
    const { exitCode, stdout, stderr } = await startCommand('demo/main.ts', ['--help']).ended
    expect(stdout).toMatch(/^Usage: npm run demo \[-- --bootstrap HOST:PORT\] \[--log\]\n/)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('with a flag that does not exist says so and explains, with exit code 2', async () => {
    const { exitCode, stderr } = await startCommand('demo/main.ts', ['--hlep']).ended
    expect(stderr).toMatch(/^Unknown option '--hlep'.*\n\nUsage: npm run demo/)
    expect(exitCode).toBe(2)
  })

  it('ends on Ctrl-C while the broker starts', async () => {
    const server = createServer((socket) => socket.on('error', () => {}))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as { port: number }
    const connected = once(server, 'connection')
    const command = startCommand('demo/main.ts', [], {
      env: { OTTLA_TEST_BROKER: 'env', OTTLA_TEST_BOOTSTRAP: `127.0.0.1:${port}` },
    })
    await connected
    command.interrupt()
    command.interrupt()
    const { exitCode, stdout } = await command.ended
    expect(stdout).toMatch(/conductor +interrupted\n$/)
    expect(exitCode).toBe(130)
    server.close()
  })

  it('ends on Ctrl-C while the broker does not answer', async () => {
    const command = startCommand('demo/main.ts', ['--bootstrap', 'localhost:1'])
    await command.said('cannot be reached')
    command.interrupt()
    const { exitCode, stdout } = await command.ended
    expect(stdout).toMatch(/may be left behind on localhost:1: .*\nconductor +interrupted\n$/)
    expect(exitCode).toBe(130)
  })
})
