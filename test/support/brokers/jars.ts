// Jars of Apache Kafka through Maven, kept in a cache: the broker's, the Java client's, and the command line tools'.
import { constants } from 'node:fs'
import { access, mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { makeGuardedFolder, removeGuardedFolder } from './guard.ts'
import { runOrThrow } from './process.ts'
import { isBefore } from './version.ts'

export const defaultKafkaVersion = '4.4.0'
/** The newest version whose command line tools are published; they work against newer brokers. */
export const kafkaToolsVersion = '4.3.1'

export interface Jars {
  folder: string
  /** Every jar of the folder, for `java -cp`. */
  classpath: string
}

export interface ClientsJar extends Jars {
  /** The path of kafka-clients-<version>.jar itself, which holds common/message/*.json. */
  jar: string
}

interface Artifact {
  group: string
  name: string
  version: string
  without?: string[]
}

/** The jars a broker of this version runs from. */
export function brokerJars(version = defaultKafkaVersion): Promise<Jars> {
  // The tools are not published for every version, and the broker does not need them.
  const without = ['org.apache.kafka:kafka-tools', 'org.apache.kafka:kafka-tools-api']
  const kafka = (name: string): Artifact => ({ group: 'org.apache.kafka', name, version, without })
  // Before 2.4.0 there is none for Scala 2.13, and the ZooKeeper that came with it can't connect on Java 14 or newer.
  const artifacts = isBefore(version, '2.4.0')
    ? [kafka('kafka_2.12'), { group: 'org.apache.zookeeper', name: 'zookeeper', version: '3.5.9' }]
    : [kafka('kafka_2.13')]
  return jarsOf(`kafka-${version}`, [...artifacts, logger('slf4j-simple')])
}

/** Kafka's Java client: the jar with the message definitions, and the classpath to run programs on it. */
export async function clientsJar(version = defaultKafkaVersion): Promise<ClientsJar> {
  const jars = await jarsOf(`kafka-clients-${version}`, [
    { group: 'org.apache.kafka', name: 'kafka-clients', version },
    logger('slf4j-nop'),
  ])
  return { ...jars, jar: join(jars.folder, `kafka-clients-${version}.jar`) }
}

/** Kafka's command line tools: console producer and consumer, topics, groups, verifiable clients. */
export function kafkaTools(): Promise<Jars> {
  return jarsOf(`kafka-tools-${kafkaToolsVersion}`, [
    { group: 'org.apache.kafka', name: 'kafka-tools', version: kafkaToolsVersion },
    logger('slf4j-nop'),
  ])
}

/** Where jars and compiled Java programs are kept: `OTTLA_CACHE`, else `~/.cache/ottla`. */
export function cacheFolder(): string {
  return process.env['OTTLA_CACHE'] || join(homedir(), '.cache', 'ottla')
}

/**
 * A folder of the cache, filled once. It is filled under a temporary name and then renamed, so that it is there
 * whole or not at all, and several processes may fill it at once: the first to finish wins.
 */
export function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name)
  let filled = filling.get(folder)
  if (filled === undefined) {
    filled = fillOnce(folder, name, fill)
    // A failure is not remembered: the next caller tries again.
    filled.catch(() => filling.delete(folder))
    filling.set(folder, filled)
  }
  return filled
}

const filling = new Map<string, Promise<string>>()

async function fillOnce(folder: string, name: string, fill: (folder: string) => Promise<void>) {
  if (await exists(folder)) return folder
  await mkdir(cacheFolder(), { recursive: true })
  const draft = await makeGuardedFolder(`.${name}-`, cacheFolder())
  try {
    await fill(draft)
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error
    })
  } finally {
    await removeGuardedFolder(draft)
  }
  return folder
}

async function jarsOf(name: string, artifacts: Artifact[]): Promise<Jars> {
  const pom = pomOf(artifacts)
  const folder = await cached(name, (draft) => download(name, pom, draft))
  const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort()
  return { folder, classpath: jars.map((jar) => join(folder, jar)).join(delimiter) }
}

async function download(name: string, pom: string, folder: string): Promise<void> {
  const pomFile = join(folder, 'pom.xml')
  await writeFile(pomFile, pom)
  const args = ['-q', '-B', '-f', pomFile, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
  try {
    await runOrThrow('mvn', args, { deadlineMs: 300_000 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new Error(`mvn is not on the PATH: install Maven to download ${name}`)
    throw new Error(`Maven could not download ${name}: ${(error as Error).message}`)
  }
}

function pomOf(artifacts: Artifact[]): string {
  const dependencies = artifacts.map(({ group, name, version, without = [] }) => {
    const exclusions = without.map((excluded) => {
      const [groupId, artifactId] = excluded.split(':')
      return `<exclusion><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId></exclusion>`
    })
    const coordinates = `<groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>`
    return `<dependency>${coordinates}<exclusions>${exclusions.join('')}</exclusions></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>ottla</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies>${dependencies.join('\n')}</dependencies></project>
`
}

/** slf4j-simple writes to standard error, for a broker's log; slf4j-nop keeps programs quiet. */
function logger(name: 'slf4j-simple' | 'slf4j-nop'): Artifact {
  return { group: 'org.slf4j', name, version: '1.7.36' }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}
