// The producer id and epoch of an idempotent producer (P1): asked for when first needed, and again after the last
// epoch (P18).

import { isKafkaError, type KafkaError } from '../../errors.ts'
import { InitProducerId } from '../../protocol/api/index.ts'
import { brokerError } from '../../protocol/error-codes.ts'
import { throwReacting } from '../cluster/reactions.ts'
import type { Cluster } from '../cluster/types.ts'
import { asKafkaError } from './accumulator.ts'
import type { Identity, SharedIdentity } from './sequences.ts'

/** The longest that one round of attempts takes; the caller asks again while it has something to send. */
const ROUND_MS = 5_000
const NO_TIMEOUT_MS = 2_147_483_647

export interface IdentityListener {
  readonly onGiven: (identity: Identity) => void
  /** Not retriable: the producer is finished. Otherwise it asks again while it has something to send. */
  readonly onFailed: (error: KafkaError) => void
}

export class IdentitySource {
  /** Why there is none yet. */
  error: KafkaError | undefined
  readonly #cluster: Cluster
  readonly #shared: SharedIdentity
  readonly #signal: AbortSignal
  readonly #listener: IdentityListener
  #isAsking = false

  constructor(cluster: Cluster, shared: SharedIdentity, signal: AbortSignal, listener: IdentityListener) {
    this.#cluster = cluster
    this.#shared = shared
    this.#signal = signal
    this.#listener = listener
  }

  /** Asks for an identity when there is none, and nobody is asking. */
  ask(): void {
    if (this.#isAsking || this.#shared.current !== undefined) return
    this.#isAsking = true
    askProducerId(this.#cluster, this.#signal).then(
      (identity) => {
        this.#isAsking = false
        this.error = undefined
        this.#shared.current = identity
        this.#listener.onGiven(identity)
      },
      (error: KafkaError) => {
        this.#isAsking = false
        if (this.#signal.aborted) return
        this.error = error
        this.#listener.onFailed(error)
      },
    )
  }
}

/** Rejects with a KafkaError. */
async function askProducerId(cluster: Cluster, signal: AbortSignal): Promise<Identity> {
  const deadline = performance.now() + ROUND_MS
  try {
    return await cluster.retry({ what: 'getting a producer id', deadline, signal }, async () => {
      const { response } = await cluster.send(
        InitProducerId,
        {
          transactionalId: null,
          transactionTimeoutMs: NO_TIMEOUT_MS,
          producerId: -1n,
          producerEpoch: -1,
          enable2Pc: false,
          keepPreparedTxn: false,
        },
        { to: 'any', signal },
      )
      if (response.errorCode !== 0)
        await throwReacting(cluster, response.errorCode, { context: { api: 'InitProducerId' } })
      return { producerId: response.producerId, epoch: response.producerEpoch }
    })
  } catch (error) {
    throw withAdvice(asKafkaError(error))
  }
}

function withAdvice(error: KafkaError): KafkaError {
  if (!isKafkaError(error, 'CLUSTER_AUTHORIZATION_FAILED')) return error
  return brokerError(
    31,
    { api: 'InitProducerId', fatal: true, cause: error },
    'allow IdempotentWrite on the cluster, or give enableIdempotence: false',
  )
}
