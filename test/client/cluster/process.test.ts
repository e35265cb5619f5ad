import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'
import { deadEndpoint } from '../../support/scripted/settings.ts'

const script = fileURLToPath(new URL('./exiting.ts', import.meta.url))
const run = promisify(execFile)

/** Rejects when the process does not end by itself, or ends in an error. */
async function end(what: string, port: number): Promise<string[]> {
  const { stdout } = await run(process.execPath, [script, what, `${port}`], {
    timeout: 30_000,
  })
  return stdout.trim().split('\n')
}

describe('a process', () => {
  test('C9: ends by itself after close, with no timer, socket or listener left', async () => {
    const scripted = await ScriptedCluster.start()
    onTestFinished(() => scripted.stop())
    scripted.topics.set('orders', { partitions: [{ leader: 1 }] })
    expect(await end('closed', scripted.node(1).port)).toEqual(['left: ', 'end of the script'])
  })

  test('stays while a call waits, though there is no connection, and ends though nothing was closed', async () => {
    expect(await end('waiting', deadEndpoint.port)).toEqual(['TIMEOUT', 'end of the script'])
  })

  test('is not ended by the failure of a promise that nobody awaits', async () => {
    expect(await end('unobserved', deadEndpoint.port)).toEqual(['end of the script'])
  })
})
