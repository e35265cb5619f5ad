// Ctrl-C ends a run in order, and soon: without a cluster, too. The timeouts given are longer than a test may take.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ottla, startCommand } from '../support/commands.ts'

const UNREACHABLE = ['-b', 'localhost:1', '-c', 'defaultApiTimeoutMs=600000']
const WARNING = 'warning: the cluster cannot be reached, trying on: localhost:1 refused the connection'

describe('ottla produce, on Ctrl-C without a cluster,', () => {
  const words = ['produce', '-t', 't', '--rate', '50', ...UNREACHABLE, '-c', 'maxBlockMs=600000']

  it('ends by itself, and says how many records were not delivered', async () => {
    const command = ottla(words)
    await command.said('cannot be reached')
    command.interrupt()
    const { exitCode, stdout, stderr } = await command.ended
    expect(stderr).toMatch(
      /^warning: .*\nottla: interrupted: of \d+ records?, \d+ not delivered as far as we were told\n$/,
    )
    expect(stderr).toContain(WARNING)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  })

  it('ends at the second at once', async () => {
    const command = ottla(words)
    await command.said('cannot be reached')
    const again = setInterval(() => command.interrupt(), 200)
    const { exitCode, stderr } = await command.ended
    clearInterval(again)
    expect(stderr).not.toContain('not delivered')
    expect(exitCode).toBe(130)
  })
})

describe('ottla consume, on Ctrl-C', () => {
  it('without a cluster, ends by itself', async () => {
    const command = ottla(['consume', '-t', 't', '-g', 'g', ...UNREACHABLE])
    await command.said('cannot be reached')
    command.interrupt()
    const { exitCode, signal, stderr } = await command.ended
    expect(stderr).toMatch(/^warning: .*\n$/)
    expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: null })
  })

  it('on a server that never answers, ends by itself', async () => {
    const server = createServer((socket) => socket.on('error', () => {}))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as { port: number }
    const connected = once(server, 'connection')
    const command = ottla(['consume', '-t', 't', '-g', 'g', '-b', `127.0.0.1:${port}`])
    await connected
    command.interrupt()
    expect((await command.ended).exitCode).toBe(0)
    server.close()
  })
})

describe('ottla topics, on Ctrl-C without a cluster,', () => {
  it('ends', async () => {
    const command = ottla(['topics', 'create', '-t', 't', ...UNREACHABLE])
    await command.said('cannot be reached')
    command.interrupt()
    expect((await command.ended).signal).toBe('SIGINT')
  })
})

describe('a run that does not end in order', () => {
  it('is ended, and says what was left undone; one press of the keys may be two signals', async () => {
    const command = startCommand('test/cli/endless.ts', [])
    await command.said('runs')
    command.interrupt()
    await command.said('asked')
    command.interrupt()
    const { exitCode, stderr } = await command.ended
    expect(stderr).toBe('ottla: interrupted: nothing was finished\n')
    expect(exitCode).toBe(1)
  })
})
