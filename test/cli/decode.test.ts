// ottla decode as a process: its input, its exit codes, and readers that go away.

import { once } from 'node:events'
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchOf } from '../protocol/segments/segment-files.ts'
import { spawnGuarded } from '../support/brokers/guard.ts'
import { ottla } from '../support/commands.ts'
import { goldenFrame, goldenPath, type TemporaryFolder, temporaryFolder } from './decoding.ts'

let folder: TemporaryFolder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder[Symbol.dispose]())

const { request } = goldenFrame('Metadata')

describe('ottla decode', () => {
  it('reads standard input, as hex or as bytes', async () => {
    const expected = { exitCode: 0, stderr: '', stdout: expect.stringMatching(/^Metadata request v12, /) }
    expect(await ottla(['decode', '-'], { stdin: `${request}\n` }).ended).toMatchObject(expected)
    const child = spawnGuarded(process.execPath, ['src/cli/main.ts', 'decode', '-'], { stdio: 'pipe' })
    let stdout = ''
    child.stdout!.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stdin!.end(Buffer.from(request, 'hex'))
    await once(child, 'close')
    expect(stdout).toMatch(/^Metadata request v12, /)
  })

  it('reads a log from standard input, too', async () => {
    const stdin = batchOf(7, 2).toString('hex')
    const { stdout, exitCode } = await ottla(['decode', '--as', 'log', '--records', '-'], { stdin }).ended
    expect(stdout).toMatch(/\n {10}7 {2}\S+ {2}key=key-7 .*\n {10}8 {2}\S+ {2}key=key-8 /)
    expect(exitCode).toBe(0)
  })

  it('prints each frame of a watched connection when it is whole, before the next comes', async () => {
    const bytes = Buffer.from(request, 'hex')
    const child = spawnGuarded(process.execPath, ['src/cli/main.ts', 'decode', '-'], { stdio: 'pipe' })
    child.stdin!.write(Buffer.concat([bytes, bytes.subarray(0, 10)]))
    const [first] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
    expect(first).toMatch(/^Metadata request v12, /)
    child.stdin!.end(bytes.subarray(10))
    const [second] = (await once(child.stdout!, 'data')) as [string]
    expect(second).toMatch(/\nbyte 80: Metadata request v12, /)
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('exits with 1, and one line on standard error, where something cannot be read', async () => {
    const damaged = folder.write(
      '00000000000000000000.log',
      Buffer.concat([batchOf(0, 1), Buffer.alloc(30, 1)]),
    )
    const { exitCode, stdout, stderr } = await ottla(['decode', damaged]).ended
    expect(stderr).toMatch(/^ottla: .*: 1 problem, at position \d+\n$/)
    expect(stdout).toMatch(/\n! position \d+: /)
    expect(exitCode).toBe(1)
    const none = await ottla(['decode', '000']).ended
    expect(none).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'ottla: the hex has 3 digits: two make a byte, one is missing\n',
    })
  })

  it('ends at once, without a word, when its reader goes away', async () => {
    const log = folder.write(
      'long.log',
      Buffer.concat(Array.from({ length: 400 }, (_, i) => batchOf(100 * i, 100))),
    )
    const child = spawnGuarded(process.execPath, ['src/cli/main.ts', 'decode', '--records', log], {
      stdio: 'pipe',
    })
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    await once(child.stdout!, 'data')
    child.stdout!.destroy()
    expect(await once(child, 'close')).toEqual([0, null])
    expect(stderr).toBe('')
  })

  it('reads no file as a whole, and allocates nothing because a file says so', async () => {
    const path = folder.path('00000000000000000007.log')
    const file = openSync(path, 'w')
    const good = batchOf(7, 3)
    // A batch of nearly 2 GiB, in a file that is larger than Node reads at once.
    const huge = Buffer.from(batchOf(10, 1)).subarray(0, 61)
    huge.writeInt32BE(0x7fff_ffff, 8)
    const hugeBytes = 0x7fff_ffff + 12
    writeSync(file, Buffer.concat([good, huge]))
    writeSync(file, batchOf(11, 2), 0, undefined, good.length + hugeBytes)
    ftruncateSync(file, good.length + hugeBytes + batchOf(11, 2).length)
    closeSync(file)
    const { stdout, stderr, exitCode } = await ottla(['decode', path]).ended
    const rows = stdout.split('\n').map((line) => line.trim().split(/ +/).slice(0, 4).join(' '))
    expect(rows.slice(1, 5)).toEqual([
      `0 7–9 3 ${good.length}`,
      `${good.length} 10 1 ${hugeBytes}`,
      `! position ${good.length}: it`,
      `${good.length + hugeBytes} 11–12 2 ${batchOf(11, 2).length}`,
    ])
    expect(stdout).toContain(`it is ${hugeBytes} bytes long, more than the 134217728 allowed`)
    expect(stderr).toContain(`1 problem, at position ${good.length}`)
    expect(exitCode).toBe(1)
  })

  it('tells a partition by its folder', async () => {
    const { exitCode, stdout, stderr } = await ottla(['decode', goldenPath('ledger-0')]).ended
    expect(stdout).toMatch(/^ledger-0: 2 segments, 19 records, 957 bytes\nBASE OFFSET/)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
})
