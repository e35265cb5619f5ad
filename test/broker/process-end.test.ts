// C9: after close no timer, socket or listener remains. A process that has closed its clients ends by itself.
import { fileURLToPath } from 'node:url'
import { expect, inject, it } from 'vitest'
import { Kafka } from '../../src/index.ts'
import { run } from '../support/brokers/process.ts'
import { uniqueName } from '../support/names.ts'

const program = fileURLToPath(new URL('./whole-life.ts', import.meta.url))

it.each(['closes', 'closes only Kafka', 'closes under a waiting loop', 'never uses it', 'fails and closes'])(
  'C9: a process that %s ends by itself, with exit code 0 and nothing to say',
  async (life) => {
    const topic = uniqueName('life')
    const bootstrapServers = inject('bootstrapServers')
    await using kafka = new Kafka({ bootstrapServers })
    await kafka.admin().createTopics([{ name: topic, numPartitions: 2 }])
    // A process that does not end is killed at the deadline, and the run rejects.
    const ended = await run(process.execPath, [program, bootstrapServers, topic, life], {
      deadlineMs: 40_000,
    })
    expect(ended).toEqual({ exitCode: 0, stdout: 'done\n', stderr: '' })
  },
)
