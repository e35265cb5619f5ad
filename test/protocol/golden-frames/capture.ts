import { fileURLToPath } from 'node:url'
import {
  CreateTopics,
  IncrementalAlterConfigs,
  InitProducerId,
  Metadata,
  Produce,
} from '../../../src/protocol/api/index.ts'
import { Reader } from '../../../src/protocol/bytes/reader.ts'
import type { CompressionType } from '../../../src/protocol/compression/index.ts'
import { decodeRequest, decodeRequestHeader } from '../../../src/protocol/frame.ts'
import { batchAt } from '../../../src/protocol/records/batch.ts'
import { clientsJar } from '../../support/brokers/jars.ts'
import { compileJava, javaProgram, runJava } from '../../support/brokers/java.ts'
import { type Brokers, startBrokers } from '../../support/brokers/start.ts'
import { isBefore } from '../../support/brokers/version.ts'
import { askAboutCluster } from './asked/cluster.ts'
import { askAboutGroups } from './asked/groups.ts'
import { askAboutNewGroups } from './asked/new-groups.ts'
import { askAboutMessageSets, askAboutRecords } from './asked/records.ts'
import { askAboutUsers, askWithSasl } from './asked/security.ts'
import { createStage, type Stage } from './asked/stage.ts'
import { askAboutTransactions, askForTwoPhaseCommit } from './asked/transactions.ts'
import { startAsker } from './asker.ts'
import { chooseFrames, type Limits } from './choose.ts'
import { type BrokerVersion, brokerVersions, writeFrames } from './frames.ts'
import { liveOttla } from './ottla-life.ts'
import { createRecorder, type Exchange, type Recorder } from './recorder.ts'

const ports = { broker: 19_200, sasl: 19_201, proxy: 19_210, saslProxy: 19_211 }
const host = 'localhost'
const plainServers = `${host}:${ports.proxy}`
const javaVersions = ['4.4.0', '3.9.1', '2.8.2']

/** Fewer from the older brokers: most of their versions are those of the newest, too. */
const limits: Record<BrokerVersion, Limits> = {
  '4.4.0': { frames: 3, framesWithRecords: 12, sizeBytes: 1000 },
  '3.9.1': { frames: 2, framesWithRecords: 12, sizeBytes: 700 },
  '2.8.2': { frames: 2, framesWithRecords: 18, sizeBytes: 700 },
}

const asked = process.argv.slice(2)
for (const version of brokerVersions) {
  if (asked.length === 0 || asked.includes(version)) await capture(version)
}
process.exit(0)

async function capture(version: BrokerVersion): Promise<void> {
  const exchanges = await recorded(version, {}, async (recorder) => {
    await ask(version, recorder)
    for (const client of javaVersions) await liveJava(version, client)
    await liveOttla(plainServers, 'ottla').catch((error: unknown) => tell(`ottla: ${error}`))
    await askAgain(version, recorder)
  })
  if (version === '4.4.0') exchanges.push(...(await recordTwoPhaseCommit(version)))
  const frames = chooseFrames(exchanges, limits[version])
  writeFrames(version, frames)
  tell(`${exchanges.length} exchanges, ${frames.length} frames kept`)
}

async function recorded(
  version: BrokerVersion,
  configs: Record<string, string>,
  live: (recorder: Recorder) => Promise<void>,
): Promise<Exchange[]> {
  await using recorder = createRecorder()
  await recorder.listen(ports.proxy, ports.broker)
  await recorder.listen(ports.saslProxy, ports.sasl)
  await using brokers = await startRecordable(version, configs)
  tell(`Kafka ${version} at ${brokers.bootstrapServers}`)
  await live(recorder)
  return [...recorder.exchanges]
}

/** The one version of ours that brokers do not speak unless told to. */
async function recordTwoPhaseCommit(version: BrokerVersion): Promise<Exchange[]> {
  const configs = { 'unstable.api.versions.enable': 'true', 'transaction.two.phase.commit.enable': 'true' }
  const exchanges = await recorded(version, configs, async () => {
    await using asker = await startAsker(host, ports.proxy, tell)
    await askForTwoPhaseCommit(await createStage(asker, 'asked'))
  })
  // What such a broker says of itself is not what brokers say.
  return exchanges.filter(({ apiKey }) => apiKey === InitProducerId.key)
}

/** With SASL, an authorizer, two disks, tokens and telemetry. What reaches it past the proxy is not recorded. */
async function startRecordable(version: BrokerVersion, configs: Record<string, string>): Promise<Brokers> {
  const isNew = !isBefore(version, '3.9.0')
  const plugins = await compileJava(source('TelemetryReceiver'), (await clientsJar()).classpath)
  const login = 'org.apache.kafka.common.security'
  return startBrokers({
    version,
    port: ports.broker,
    advertise: () => ({ host, port: ports.proxy }),
    classpath: plugins,
    configs: (_, ours) => ({
      listeners: `${ours['listeners']},SASL://127.0.0.1:${ports.sasl}`,
      'advertised.listeners': `${ours['advertised.listeners']},SASL://${host}:${ports.saslProxy}`,
      'listener.security.protocol.map': `${ours['listener.security.protocol.map']},SASL:SASL_PLAINTEXT`,
      'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.sasl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_admin="admin-secret";`,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
      'authorizer.class.name': isNew
        ? 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'
        : 'kafka.security.authorizer.AclAuthorizer',
      'super.users': 'User:ANONYMOUS;User:admin;User:bob',
      'delegation.token.secret.key': 'a secret of this recording',
      'log.dirs': `${ours['log.dirs']},${ours['log.dirs']}-2`,
      ...(isNew && { 'metric.reporters': 'TelemetryReceiver' }),
      'group.streams.initial.rebalance.delay.ms': '0',
      // The records say that they are years old.
      'log.retention.ms': '-1',
      ...configs,
    }),
  })
}

/** Before the clients: what they need is made, and what can be asked without them. */
async function ask(version: BrokerVersion, recorder: Recorder): Promise<void> {
  await using asker = await startAsker(host, ports.proxy, tell)
  const stage = await createStage(asker, 'asked')
  for (const client of [...javaVersions.map((each) => `java-${each}`), 'asked']) {
    await makeTopics(stage, client)
  }
  if (!isBefore(version, '3.9.0')) await subscribeToMetrics(stage)
  await askAboutCluster(stage)
  await askAboutUsers(stage)
  await using withSasl = await startAsker(host, ports.saslProxy, tell)
  await askWithSasl({
    ...stage,
    ask: async (api, at, body) => (at === undefined ? undefined : withSasl.ask(api, at, body)),
  })
  tell(`asked: ${recorder.exchanges.length} exchanges`)
}

/** After the clients: some questions take batches that a Java producer wrote. */
async function askAgain(version: BrokerVersion, recorder: Recorder): Promise<void> {
  await using asker = await startAsker(host, ports.proxy, tell)
  const stage = await createStage(asker, 'asked')
  const topic = 'asked-records'
  const told = await stage.ask(Metadata, stage.versions(Metadata).at(-1), {
    topics: [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  } as never)
  const topicId = told?.topics[0]?.topicId ?? ''
  const batches = batchesOfJava(recorder.exchanges)
  const batch = batches.get('none')
  if (batch === undefined) throw new Error('no Java producer wrote a batch without a producer id')
  await askAboutRecords(stage, { topic, topicId, batch })
  if (isBefore(version, '3.0.0')) {
    const older = (['none', 'gzip', 'snappy', 'lz4'] as const).flatMap((codec) => batches.get(codec) ?? [])
    await askAboutMessageSets(stage, older)
  }
  await askAboutGroups(stage, { topic, topicId })
  await askAboutTransactions(stage, { topic, topicId })
  await askAboutNewGroups(stage, { topic, topicId })
  tell(`asked again: ${recorder.exchanges.length} exchanges`)
}

async function makeTopics({ ask, versions }: Stage, prefix: string): Promise<void> {
  const topic = { replicationFactor: 1, assignments: [] }
  await ask(CreateTopics, versions(CreateTopics).at(-1), {
    topics: [
      { ...topic, name: `${prefix}-records`, numPartitions: 3, configs: [] },
      {
        ...topic,
        ...{ name: `${prefix}-codecs`, numPartitions: 5 },
        configs: [{ name: 'max.message.bytes', value: '1000' }],
      },
    ],
    timeoutMs: 10_000,
  })
}

/** Java's clients of 3.9 and later then tell of themselves. */
async function subscribeToMetrics({ ask, versions }: Stage): Promise<void> {
  const set = (name: string, value: string) => ({ name, configOperation: 0, value })
  const configs = [set('interval.ms', '100'), set('metrics', 'org.apache.kafka.producer.connection')]
  await ask(IncrementalAlterConfigs, versions(IncrementalAlterConfigs).at(-1), {
    resources: [{ resourceType: 16, resourceName: 'often', configs }],
    validateOnly: false,
  })
}

async function liveJava(version: BrokerVersion, client: string): Promise<void> {
  const [name, prefix] = [`Java ${client}`, `java-${client}`]
  const saslServers = `${host}:${ports.saslProxy}`
  await runProgram('Clients', client, [plainServers, name, prefix])
  if (!isBefore(client, '3.9.0')) await runProgram('Admin39', client, [plainServers, name, prefix])
  if (!isBefore(client, '4.4.0') && !isBefore(version, '4.4.0')) {
    await runProgram('Groups44', client, [plainServers, name, prefix])
  }
  if (isBefore(client, '4.0.0')) await runProgram('AdminUntil3', client, [plainServers, name, prefix])
  await runProgram('Admin28', client, [plainServers, name, prefix, prefix])
  await runProgram('Sasl', client, [saslServers, name, plainServers])
}

async function runProgram(program: string, client: string, args: string[]): Promise<void> {
  const { classpath } = await clientsJar(client)
  const { exitCode, stdout, stderr } = await runJava(await javaProgram(source(program), classpath), args, {
    deadlineMs: 240_000,
  })
  tell(`${program} of Java ${client}, exit code ${exitCode}:\n${stdout}${stderr}`)
}

/** By compression, the first batch that a Java producer wrote without a producer id: it may be written again. */
function batchesOfJava(exchanges: readonly Exchange[]): ReadonlyMap<CompressionType, Buffer> {
  const batches = new Map<CompressionType, Buffer>()
  for (const { apiKey, version, request } of exchanges) {
    if (apiKey !== Produce.key || version < Produce.versions[0]) continue
    const reader = new Reader(request)
    decodeRequestHeader(reader, () => version >= Produce.flexibleFrom)
    const { records } = decodeRequest(Produce, version, reader).topicData[0]!.partitionData[0]!
    const batch = records === null ? null : batchAt(records)
    if (batch === null || batch.producerId !== -1n || batch.sizeBytes > 400) continue
    if (!batches.has(batch.compression)) batches.set(batch.compression, records!)
  }
  return batches
}

function source(program: string): string {
  return fileURLToPath(new URL(`./java/${program}.java`, import.meta.url))
}

function tell(line: string): void {
  console.log(line)
}
