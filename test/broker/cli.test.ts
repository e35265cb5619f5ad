// The ottla command against a real broker, as a process.

import { describe, expect, inject, it } from 'vitest'
import { type Ended, ottla } from '../support/commands.ts'
import { uniqueName } from '../support/names.ts'

const env = { OTTLA_BOOTSTRAP: inject('bootstrapServers') }

function run(words: readonly string[], stdin = ''): Promise<Ended> {
  return ottla(words, { env, stdin }).ended
}

describe('ottla topics', () => {
  it('creates, describes, lists and deletes; an option of the client beside a config of the topic', async () => {
    const name = uniqueName('cli')
    const created = await run([
      ...['topics', 'create', '-t', name, '--partitions', '1'],
      ...['-c', 'retention.ms=60000', '-c', 'clientId=me', '-c', 'requestTimeoutMs=9000'],
    ])
    expect(created).toMatchObject({ exitCode: 0, stderr: `created ${name} with 1 partition\n` })
    const described = await run(['topics', 'describe', '-t', name])
    expect(described.stdout).toMatch(/^TOPIC +PARTITION +LEADER/)
    expect(described.stdout).toContain(`${name}  0 `)
    expect((await run(['topics', 'list'])).stdout.split('\n')).toContain(name)
    expect(await run(['topics', 'delete', '-t', name])).toMatchObject({
      exitCode: 0,
      stderr: `deleted ${name}\n`,
    })
  })

  it('tells an error in one line that names its code once', async () => {
    const name = uniqueName('cli')
    await run(['topics', 'create', '-t', name])
    const { exitCode, stderr } = await run(['topics', 'create', '-t', name])
    expect(stderr.match(/TOPIC_ALREADY_EXISTS/g)).toHaveLength(1)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(exitCode).toBe(1)
  })
})

describe('ottla produce and consume', () => {
  it('carry lines of input through a topic, keys and all, and end by themselves at --count', async () => {
    const name = uniqueName('cli')
    await run(['topics', 'create', '-t', name, '--partitions', '1'])
    const produced = await run(
      ['produce', '-t', name, '--separator', ':', '-c', 'acks=all'],
      'a:1\nb:2\nlone\n',
    )
    expect(produced).toMatchObject({ exitCode: 0, stderr: '3 records sent\n' })
    const consumed = await run([
      ...['consume', '-t', name, '-g', name, '--from-beginning', '--count', '3'],
      ...['-c', 'tls=false', '-c', 'maxPollRecords=2'],
    ])
    const lines = [`${name}\t0\t0\ta\t1`, `${name}\t0\t1\tb\t2`, `${name}\t0\t2\tnull\tlone`]
    expect(consumed).toEqual({ exitCode: 0, signal: null, stdout: `${lines.join('\n')}\n`, stderr: '' })
    expect(produced.stdout).toBe(consumed.stdout)
  })

  it('make records at a fraction of a record a second; one is a record', async () => {
    const { exitCode, stderr } = await run([
      ...['produce', '-t', uniqueName('cli'), '--rate', '0.001', '--count', '1'],
    ])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '1 record sent\n' })
  })

  it('end on Ctrl-C with everything delivered, and committed: the next of the group goes on there', async () => {
    const name = uniqueName('cli')
    await run(['topics', 'create', '-t', name, '--partitions', '1'])
    const producing = ottla(['produce', '-t', name, '--rate', '100'], { env })
    await producing.said(`${name}\t0\t4\t`)
    producing.interrupt()
    const produced = await producing.ended
    const count = produced.stdout.trimEnd().split('\n').length
    expect(produced).toMatchObject({ exitCode: 0, stderr: `${count} records sent\n` })

    const group = ['-t', name, '-g', name, '--from-beginning']
    const consuming = ottla(['consume', ...group], { env })
    await consuming.said(`${name}\t0\t${count - 1}\t`)
    consuming.interrupt()
    expect(await consuming.ended).toMatchObject({ exitCode: 0, stderr: '', stdout: produced.stdout })
    await run(['produce', '-t', name], 'next\n')
    const next = await run(['consume', ...group, '--count', '1'])
    expect(next.stdout).toBe(`${name}\t0\t${count}\tnull\tnext\n`)
  })

  it('tell their own account of the group on standard error with --log', async () => {
    const name = uniqueName('cli')
    await run(['produce', '-t', name], 'x\n')
    const { stderr } = await run([
      'consume',
      '-t',
      name,
      '-g',
      name,
      '--from-beginning',
      '--log',
      '--count',
      '1',
    ])
    expect(stderr).toMatch(/in generation 1/)
    expect(stderr).not.toContain('warning')
  })
})
