// The entry object: one cluster, and the producers, consumers and admin clients made on it.

import { KafkaError } from '../errors.ts'
import type { Api, ResponseOf } from '../protocol/schema.ts'
import { createAdmin } from './admin/admin.ts'
import type { Admin } from './admin/types.ts'
import type { CloseOptions, SignalOptions } from './call-options.ts'
import type { KafkaClients } from './clients.ts'
import { clientView } from './cluster/client-view.ts'
import { createCluster } from './cluster/cluster.ts'
import type { Cluster, Destination, RequestBody } from './cluster/types.ts'
import type {
  AdminOptions,
  ConsumerOptions,
  KafkaOptions,
  ProducerOptions,
  ResolvedKafkaOptions,
} from './config/types.ts'
import { adminOptions, consumerOptions, kafkaOptions, producerOptions } from './config/validate.ts'
import { createConsumer } from './consumer/consumer.ts'
import type { Consumer, ConsumerSource, RecordOf } from './consumer/types.ts'
import { createProducer } from './producer/producer.ts'
import type { Producer } from './producer/types.ts'
import type {
  AnyDeserializer,
  AnySerializer,
  BytesSerde,
  DeserializerOutput,
  SerializerInput,
} from './serde.ts'

/** Where {@link Kafka.request} sends a request, and how long it may take. */
export interface RequestOptions extends SignalOptions {
  /** A node id, the controller, a coordinator, or any broker. Default `'any'`. */
  readonly to?: Destination
  /** Default `requestTimeoutMs`. */
  readonly timeoutMs?: number
  /** The highest version to use. Default: the highest that both know. */
  readonly maxVersion?: number
}

interface Closable {
  close(options?: CloseOptions): Promise<void>
}

/**
 * A Kafka cluster. Nothing touches the network until something is awaited. Everything made here shares metadata and
 * ordinary connections, and is closed with it.
 *
 * @throws ConfigurationError that names the option, for options that are unknown, wrong or in conflict.
 * @example await using kafka = new Kafka({ bootstrapServers: 'b1:9092,b2:9092', clientId: 'billing' })
 */
export class Kafka implements KafkaClients, AsyncDisposable {
  readonly #options: ResolvedKafkaOptions
  readonly #cluster: Cluster
  readonly #clients = new Set<Closable>()
  #closing: Promise<void> | undefined

  constructor(options: KafkaOptions) {
    this.#options = kafkaOptions(options)
    this.#cluster = createCluster(this.#options)
  }

  /**
   * Checks addresses, TLS and credentials now, at boot, and not with the first record.
   *
   * @throws TimeoutError after `defaultApiTimeoutMs`, its cause the last failure; AuthenticationError at once.
   */
  async connect(options: SignalOptions = {}): Promise<void> {
    this.#checkOpen()
    const deadline = performance.now() + this.#options.defaultApiTimeoutMs
    const signal = options.signal && { signal: options.signal }
    await this.#cluster.retry({ what: 'connecting', deadline, ...signal }, () =>
      this.#cluster.refresh(signal),
    )
  }

  producer<
    KeySerializer extends AnySerializer = BytesSerde,
    ValueSerializer extends AnySerializer = BytesSerde,
  >(
    options: ProducerOptions<KeySerializer, ValueSerializer> = {},
  ): Producer<SerializerInput<KeySerializer>, SerializerInput<ValueSerializer>> {
    this.#checkOpen()
    const resolved = producerOptions(options, this.#options)
    const producer = createProducer(clientView(this.#cluster, resolved), resolved)
    return this.#closedWithUs(
      producer as Producer<SerializerInput<KeySerializer>, SerializerInput<ValueSerializer>>,
    )
  }

  consumer<
    const Source extends ConsumerSource = string,
    KeyDeserializer extends AnyDeserializer = BytesSerde,
    ValueDeserializer extends AnyDeserializer = BytesSerde,
  >(
    options: ConsumerOptions<Source, KeyDeserializer, ValueDeserializer>,
  ): Consumer<RecordOf<Source, DeserializerOutput<KeyDeserializer>, DeserializerOutput<ValueDeserializer>>> {
    this.#checkOpen()
    const resolved = consumerOptions(options, this.#options)
    const { metadataMaxAgeMs } = this.#options
    const consumer = createConsumer(clientView(this.#cluster, resolved), resolved, { metadataMaxAgeMs })
    return this.#closedWithUs(
      consumer as unknown as Consumer<
        RecordOf<Source, DeserializerOutput<KeyDeserializer>, DeserializerOutput<ValueDeserializer>>
      >,
    )
  }

  /** Administration, by the Java Admin's names. It uses the shared connections: there is nothing to connect. */
  admin(options: AdminOptions = {}): Admin {
    this.#checkOpen()
    const resolved = adminOptions(options, this.#options)
    const { defaultApiTimeoutMs, logger } = resolved
    return createAdmin({ cluster: clientView(this.#cluster, resolved), defaultApiTimeoutMs, logger })
  }

  /**
   * One request of any API of the registry, in the highest version that both sides know: one attempt, the answer as it
   * came. Error codes inside it are yours to read.
   *
   * @throws ConnectionError, TimeoutError, UnsupportedVersionError, ProtocolError.
   * @example await kafka.request(DescribeCluster, { includeClusterAuthorizedOperations: false })
   */
  async request<A extends Api>(
    api: A,
    body: RequestBody<A>,
    options: RequestOptions = {},
  ): Promise<ResponseOf<A>> {
    this.#checkOpen()
    const { to = 'any', timeoutMs, maxVersion, signal } = options
    const { response } = await this.#cluster.send(api, body, {
      to,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxVersion !== undefined && { maxVersion }),
      ...(signal && { signal }),
    })
    return response
  }

  /** Closes the producers and consumers made here, then the connections. Called twice, it is the same promise. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(options: CloseOptions): Promise<void> {
    const outcomes = await Promise.allSettled([...this.#clients].map((client) => client.close(options)))
    await this.#cluster.close(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs })
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #closedWithUs<C extends Closable & { readonly closed: Promise<void> }>(client: C): C {
    this.#clients.add(client)
    const forget = () => this.#clients.delete(client)
    client.closed.then(forget, forget)
    return client
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new KafkaError('CLOSED', 'this Kafka object is closed: make a new one')
    }
  }
}
