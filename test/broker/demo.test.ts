// Ctrl-C in the midst of the demo leaves nothing behind: no member, no topic. npm makes two signals of one.

import { expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { startCommand } from '../support/commands.ts'

it.each(['One consumer owns all three', 'A third: one each', 'One is killed without a goodbye'])(
  "npm run demo ends on Ctrl-C at '%s'",
  async (step) => {
    const bootstrapServers = inject('bootstrapServers')
    const command = startCommand('demo/main.ts', ['--bootstrap', bootstrapServers])
    await command.said(step)
    command.interrupt()
    command.interrupt()
    // Members hold the pipes of the command: they are closed when the last process is gone.
    const { exitCode, stdout, stderr } = await command.ended
    expect(stdout).toMatch(/conductor +interrupted\n$/)
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' })

    const topic = /topic (demo-\w+) on/.exec(stdout)![1]!
    await using kafka = new Kafka({ bootstrapServers })
    expect((await kafka.admin().listTopics()).map(({ name }) => name)).not.toContain(topic)
  },
)
