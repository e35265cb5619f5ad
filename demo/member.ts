// One consumer of the demo, in a process of its own, so that it can be killed without a goodbye.

import { Kafka, type Logger } from '../src/index.ts'
import type { ConductorMessage, MemberMessage, MemberOptions } from './messages.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as MemberOptions

function tell(message: MemberMessage): void {
  process.send?.(message)
}

/** The consumer's own account of what happens to it; without --log its warnings. */
const accounts: Logger = {
  debug() {},
  info: (message) => options.log && tell({ type: 'log', level: 'info', message }),
  warn: (message) => tell({ type: 'log', level: 'warn', message: `warning: ${message}` }),
  error: (message) => tell({ type: 'log', level: 'error', message: `error: ${message}` }),
}

const kafka = new Kafka({
  bootstrapServers: options.bootstrapServers,
  clientId: options.name,
  logger: accounts,
})

const consumer = kafka.consumer({
  groupId: options.groupId,
  topics: [options.topic],
  autoOffsetReset: 'earliest',
  sessionTimeoutMs: options.sessionTimeoutMs,
  heartbeatIntervalMs: Math.floor(options.sessionTimeoutMs / 6),
  autoCommitIntervalMs: 500,
  onPartitionsAssigned(_, consumer) {
    tell({
      type: 'assigned',
      partitions: consumer.assignment().map(({ partition }) => partition),
      generation: consumer.groupMetadata().generationId,
    })
  },
})

process.on('message', ({ type }: ConductorMessage) => {
  if (type === 'close') consumer.stop()
})
// The conductor is gone: so are we. Ctrl-C reaches the whole terminal, and is the conductor's to answer.
const abandoned = () => process.exit(1)
process.on('disconnect', abandoned)
process.on('SIGINT', () => {})

async function consume(): Promise<MemberMessage> {
  try {
    for await (const { partition, offset, key } of consumer) {
      tell({ type: 'processed', partition, offset, key: key?.toString() ?? '' })
    }
    await consumer.close()
    await kafka.close()
    return { type: 'closed' }
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

const last = await consume()
process.exitCode = last.type === 'failed' ? 1 : 0
process.send?.(last, () => {
  process.off('disconnect', abandoned)
  process.disconnect()
})
