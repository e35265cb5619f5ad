// Keyed records, produced continuously: each key's numbers count up, so that its order can be checked afterwards.

import { EventEmitter, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka } from '../src/index.ts'
import type { Ledger } from './ledger.ts'

const KEYS = Array.from({ length: 12 }, (_, i) => `customer-${i + 1}`)
const PAUSE_MS = 25

export interface Traffic {
  /** Resolves when this many records are in the ledger. */
  until(produced: number): Promise<void>
  /** Stops producing; resolves when every record is acknowledged and in the ledger. */
  stop(): Promise<void>
}

export function startTraffic(
  kafka: Kafka,
  topic: string,
  ledger: Ledger,
  sequences: Map<string, number>,
): Traffic {
  const producer = kafka.producer()
  const stopping = new AbortController()
  const progress = new EventEmitter()

  const produce = async (): Promise<void> => {
    for (let i = 0; !stopping.signal.aborted; i++) {
      const key = KEYS[i % KEYS.length]!
      const sequence = (sequences.get(key) ?? 0) + 1
      sequences.set(key, sequence)
      const { partition, offset } = await producer.send({ topic, key, value: `${key} #${sequence}` })
      ledger.produced({ partition, offset, key, sequence })
      progress.emit('produced')
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const running = produce()
  // Looked at by stop(); not an unhandled rejection until then.
  running.catch(() => {})
  return {
    async until(produced) {
      while (ledger.producedCount < produced) await Promise.race([once(progress, 'produced'), running])
    },
    async stop() {
      stopping.abort()
      await running
      await producer.close()
    },
  }
}
