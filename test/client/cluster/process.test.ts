import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { ScriptedCluster } from '../../support/scripted/cluster.ts'

const script = fileURLToPath(new URL('./exiting.ts', import.meta.url))
const run = promisify(execFile)

let scripted: ScriptedCluster
afterEach(() => scripted.stop())

/** Rejects when the process does not end by itself, or ends in an error. */
async function end(what: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, [script, what, `${scripted.node(1).port}`], {
    timeout: 30_000,
  })
  return stdout.trim().split('\n')
}

describe('a process', () => {
  test('C9: ends by itself after close, with no timer, socket or listener left', async () => {
    scripted = await ScriptedCluster.start()
    scripted.topics.set('orders', { partitions: [{ leader: 1 }] })
    expect(await end('closed')).toEqual(['left: ', 'end of the script'])
  })

  test('stays while a call waits, though there is no connection, and ends though nothing was closed', async () => {
    scripted = await ScriptedCluster.start()
    await scripted.stop()
    expect(await end('waiting')).toEqual(['TIMEOUT', 'end of the script'])
  })

  test('is not ended by the failure of a promise that nobody awaits', async () => {
    scripted = await ScriptedCluster.start()
    await scripted.stop()
    expect(await end('unobserved')).toEqual(['end of the script'])
  })
})
