// `npm run docs`: writes docs/configuration.md from the option tables, and docs/protocol-apis.md from the registry of
// APIs. In both the comments are the meanings.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import type { Option, OptionTable } from '../src/client/config/option.ts'
import {
  callTable,
  connectionTable,
  consumerTable,
  producerTable,
  sharedTable,
} from '../src/client/config/tables.ts'
import { consoleLogger } from '../src/client/logger.ts'
import { serde } from '../src/client/serde.ts'
import { apis } from '../src/protocol/api/index.ts'
import { StickyAssignorUserData } from '../src/protocol/group-messages/sticky-user-data.ts'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from '../src/protocol/group-messages/subscription.ts'
import { consumerOffsetsRecords, transactionStateRecords } from '../src/protocol/internal-topics/index.ts'
import type { VersionRange } from '../src/protocol/schema.ts'

interface Section {
  /** The constant's name in tables.ts, under which its comments are found. */
  readonly constant: string
  readonly table: OptionTable
  readonly title: string
  readonly text: string
}

const tablesFile = new URL('../src/client/config/tables.ts', import.meta.url)
export const configurationFile = new URL('../docs/configuration.md', import.meta.url)

const sections: readonly Section[] = [
  {
    constant: 'connectionTable',
    table: connectionTable,
    title: 'Given to `new Kafka(...)` only',
    text: 'Connections and metadata: the clients of one `Kafka` share them.',
  },
  {
    constant: 'sharedTable',
    table: sharedTable,
    title: 'Given to `new Kafka(...)` or to any client',
    text: 'What is given to `Kafka` is the default of its clients.',
  },
  {
    constant: 'callTable',
    table: callTable,
    title: 'Given to `new Kafka(...)`, `kafka.consumer(...)` or `kafka.admin(...)`',
    text: 'What is given to `Kafka` is the default of its consumers and admin clients.',
  },
  {
    constant: 'producerTable',
    table: producerTable,
    title: 'Given to `kafka.producer(...)`',
    text: "Refused together: idempotence with `acks` other than `'all'`, with `retries: 0` or with more than 5 requests in flight; a `deliveryTimeoutMs` below `lingerMs` + `requestTimeoutMs`.",
  },
  {
    constant: 'consumerTable',
    table: consumerTable,
    title: 'Given to `kafka.consumer(...)`',
    text: 'Give `groupId` and `topics`, or `assign`. Refused together: `topics` and `assign`; `topics` without a `groupId`; `enableAutoCommit: true` without a `groupId`; a `heartbeatIntervalMs` not below `sessionTimeoutMs`; a `fetchMaxWaitMs` not below `requestTimeoutMs`; a `fetchMaxBytes` or `maxPartitionFetchBytes` above `maxResponseSize`.',
  },
]

const opening = `# Configuration

<!-- Written by \`npm run docs\` from src/client/config/tables.ts. Do not edit. -->

An option is the Java client's config name in camelCase, with the same meaning and, unless the last column says why not, the same default: any guide to Kafka documents it. What is unknown, of the wrong type, out of range or in conflict is refused at construction with a \`ConfigurationError\` that names the option. \`undefined\` is the same as not given. Times are whole milliseconds of at most 2147483647 (24.8 days), the longest that a timer can wait.
`

/** The text of docs/configuration.md. Throws where an option has no comment. */
export async function configurationPage(): Promise<string> {
  const meanings = meaningsOf(await readFile(tablesFile, 'utf8'))
  const parts = sections.map(({ constant, table, title, text }) => {
    const rows = Object.entries(table).map(([name, line]) => {
      const meaning = meanings.get(`${constant}.${name}`)
      if (meaning === undefined) throw new Error(`${constant}.${name} has no comment that says what it means`)
      const java = line.java === undefined ? '' : code(line.java)
      return [code(name), line.type, defaultText(line), meaning, java, line.reason ?? '']
    })
    const head = ['Option', 'Type', 'Default', 'Meaning', "Java's name", 'Differs because']
    return `## ${title}\n\n${text}\n\n${markdownTable(head, rows)}`
  })
  return [opening, ...parts].join('\n')
}

/** The comment above each line of each table, by `table.option`. */
function meaningsOf(source: string): Map<string, string> {
  const meanings = new Map<string, string>()
  for (const statement of ts.createSourceFile('tables.ts', source, ts.ScriptTarget.Latest, true).statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || !initializer || !ts.isObjectLiteralExpression(initializer)) continue
      for (const property of initializer.properties) {
        if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) continue
        const [comment] = ts.getJSDocCommentsAndTags(property)
        const text = comment && ts.getTextOfJSDocComment(comment.comment)
        if (text) meanings.set(`${name.text}.${property.name.text}`, text.replaceAll(/\s+/g, ' '))
      }
    }
  }
  return meanings
}

const apisFolder = new URL('../src/protocol/api/', import.meta.url)
export const protocolApisFile = new URL('../docs/protocol-apis.md', import.meta.url)

const protocolOpening = `# The APIs of Kafka's protocol

<!-- Written by \`npm run docs\` from src/protocol/api/. Do not edit. -->

Every API that a client, an operator or an in-process broker speaks with Apache Kafka 4.4.0, as \`ottla/protocol\` has it: all versions, both directions. A version at or above "compact from" has compact lengths and tagged fields (KIP-482). What only brokers and controllers say to each other is left out.
`

/** The text of docs/protocol-apis.md. Throws where an API has no comment. */
export async function protocolApisPage(): Promise<string> {
  const meanings = await apiMeanings()
  const ofApis = apis.map(({ key, name, versions, flexibleFrom }) => {
    const meaning = meanings.get(name)
    if (meaning === undefined) throw new Error(`${name} has no comment that says what it does`)
    return [String(key), name, versionsText(versions), compactFrom(flexibleFrom), meaning]
  })
  const ofRecords = [
    ...[...consumerOffsetsRecords]
      .sort((a, b) => a.id - b.id)
      .map((type) => ({ topic: '__consumer_offsets', type })),
    ...transactionStateRecords.map((type) => ({ topic: '__transaction_state', type })),
  ].map(({ topic, type: { id, name, value } }) => {
    return [code(topic), String(id), name, versionsText(value.versions), compactFrom(value.flexibleFrom)]
  })
  const inside = [ConsumerProtocolSubscription, ConsumerProtocolAssignment, StickyAssignorUserData]
  return [
    protocolOpening,
    markdownTable(['Key', 'API', 'Versions', 'Compact from', 'What it does'], ofApis),
    "## Messages inside others\n\nWhat a classic group's members send each other through JoinGroup and SyncGroup.\n",
    markdownTable(
      ['Message', 'Versions'],
      inside.map(({ name, versions }) => [name, versionsText(versions)]),
    ),
    "## Records of Kafka's own topics\n\nRead by `readConsumerOffsetsRecord` and `readTransactionStateRecord`, for tools. The versions are those of a record's value.\n",
    markdownTable(['Topic', 'Type', 'Record', 'Versions', 'Compact from'], ofRecords),
  ].join('\n')
}

/** The first sentence of the comment above each API, by its name. */
async function apiMeanings(): Promise<Map<string, string>> {
  const meanings = new Map<string, string>()
  for (const file of await readdir(apisFolder)) {
    if (file === 'index.ts') continue
    const source = await readFile(new URL(file, apisFolder), 'utf8')
    for (const statement of ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true).statements) {
      if (!ts.isVariableStatement(statement)) continue
      const [comment] = ts.getJSDocCommentsAndTags(statement)
      const text = comment && ts.getTextOfJSDocComment(comment.comment)
      const [declaration] = statement.declarationList.declarations
      if (!text || declaration === undefined) continue
      const [sentence] = text.replaceAll(/\s+/g, ' ').split(/(?<=\.) /)
      meanings.set(declaration.name.getText(), sentence!)
    }
  }
  return meanings
}

function versionsText([first, last]: VersionRange): string {
  return first === last ? String(first) : `${first}–${last}`
}

function compactFrom(flexibleFrom: number): string {
  return Number.isFinite(flexibleFrom) ? String(flexibleFrom) : ''
}

function defaultText(line: Option<unknown, unknown>): string {
  if (line.required) return 'required'
  const value = line.default
  if (value === undefined) return ''
  if (value === serde.bytes) return code('serde.bytes')
  if (value === consoleLogger) return 'the console, from `warn` up'
  if (Array.isArray(value)) return code(`[${value.map((entry) => `'${entry}'`).join(', ')}]`)
  return code(typeof value === 'string' ? `'${value}'` : String(value))
}

function code(text: string): string {
  return `\`${text}\``
}

function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  return `${[head, head.map(() => '---'), ...rows].map(markdownRow).join('\n')}\n`
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(configurationFile, await configurationPage())
  await writeFile(protocolApisFile, await protocolApisPage())
}
