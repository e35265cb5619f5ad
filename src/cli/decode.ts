// ottla decode: a frame, or a file of a partition's folder, for people to read, or for machines. It connects to nothing.

import { existsSync, statSync } from 'node:fs'
import { type Api, apis } from '../protocol/index.ts'
import { parseOffline, UsageError } from './arguments.ts'
import { decodeFolder } from './decode/folder.ts'
import { framesOf } from './decode/frames.ts'
import { decodeIndex, type IndexKind } from './decode/indexes.ts'
import { fileInput, hexInput, type Input, isHex, standardInput } from './decode/input.ts'
import type { InternalTopic } from './decode/internal-records.ts'
import { type Answered, decodeFrame, frameBlock } from './decode/message-frame.ts'
import { type DecodeOptions, type Report, reportTo } from './decode/report.ts'
import { decodeSegment } from './decode/segment.ts'
import { note, type Output, OutputClosed, standardOutput } from './output.ts'

export const decodeHelp = `Usage: ottla decode [--api NAME --version N] [--json] HEX | FILE | -
       ottla decode [--records] [--json] FILE.log | FILE.index | FILE.timeindex | FOLDER …

Prints a request or a response, or the files in which a broker keeps a partition, in readable form. It needs no broker.

  HEX                            a frame as hex digits, with or without its length in front
  FILE                           frames, as bytes or as hex: one, or all that went in one direction of a connection
  -                              the same from standard input
  FILE.log                       a segment's batches; also .index, .timeindex, .txnindex, .snapshot
  FOLDER                         a partition's segments, with their offsets, sizes and times

      --api NAME                 the frames are responses of this API, by name or key: they do not say so themselves
      --version N                … in this version
      --records                  of a log: each record, too
      --as KIND                  whatever the name is: frame, log, index, timeindex, txnindex, snapshot; or a log of
                                 consumer-offsets or transaction-state records (told by the folder's name otherwise)
      --full                     long values whole
      --json                     a line of JSON for each frame, batch, record, entry or segment: bytes in base64,
                                 64-bit ids as text
  -h, --help                     this text

What cannot be read is told where it stands, and the exit code is 1.`

type Kind = 'frame' | 'log' | IndexKind | 'folder'

interface Decoding extends DecodeOptions {
  readonly answered: Answered | undefined
  readonly internal: InternalTopic | undefined
}

interface Target {
  readonly kind: Kind
  readonly input: Input
}

/** `output` is standard output unless given. */
export async function decode(words: readonly string[], output?: Output): Promise<void> {
  const { values, positionals } = parseOffline(words, {
    api: { type: 'string' },
    version: { type: 'string' },
    as: { type: 'string' },
    records: { type: 'boolean' },
    full: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  if (values.help) return void process.stdout.write(`${decodeHelp}\n`)
  const { kind, internal } = chosenKind(values.as)
  const answered = answeredBy(values.api, values.version)
  const targets = targetsOf(positionals, kind)
  if (answered !== undefined && !targets.some(({ kind }) => kind === 'frame')) {
    throw new UsageError('--api and --version are for frames')
  }
  if (values.records && !targets.some(({ kind }) => kind === 'log'))
    throw new UsageError('--records is for logs')
  const { json = false, full = false, records = false } = values
  await decodeAll(targets, { json, full, records, answered, internal }, output ?? standardOutput())
}

async function decodeAll(targets: readonly Target[], options: Decoding, output: Output): Promise<void> {
  let failed = 0
  try {
    for (const [index, target] of targets.entries()) {
      const report = reportTo(output, options)
      if (targets.length > 1) await report.heading(target.input.name, index > 0)
      const problem = await decodeTarget(target, options, report).then(() => report.summary(), problemIn)
      await output.flush()
      if (problem === undefined) continue
      const told = `${target.input.name}: ${problem}`
      if (targets.length === 1) throw new Error(told)
      note(`ottla: ${told}`)
      failed++
    }
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
  if (failed > 0) throw new Error(`${failed} of ${targets.length} could not be read as a whole`)
}

function problemIn(error: unknown): string {
  if (error instanceof OutputClosed || !(error instanceof Error)) throw error
  return error.message
}

async function decodeTarget({ kind, input }: Target, options: Decoding, report: Report): Promise<void> {
  if (kind === 'folder') return decodeFolder(input.path!, report)
  if (kind === 'frame') return decodeFrames(input, options, report)
  await using source = await input.source()
  if (kind === 'log') return await decodeSegment(source, input.path, options, report)
  return await decodeIndex(kind, source, input.path, report)
}

async function decodeFrames(input: Input, { answered, full }: Decoding, report: Report): Promise<void> {
  const problemOf = (bytes: Buffer) => {
    const decoded = decodeFrame(bytes, answered)
    return typeof decoded === 'string' ? decoded : undefined
  }
  const options = { full, problem: () => report.count() }
  let count = 0
  // The first frame's problem: alone, it is an error; before others, it is one of what is printed.
  let untold: string | undefined
  for await (const frame of framesOf(input.chunks(), problemOf)) {
    const { position } = frame
    const decoded = 'problem' in frame ? frame.problem : decodeFrame(frame.bytes, answered)
    if (count++ === 0 && typeof decoded === 'string') {
      untold = decoded
      continue
    }
    if (untold !== undefined) await report.problem(untold, { position: 0 })
    untold = undefined
    if (count > 1) await report.text('')
    if (typeof decoded === 'string') await report.problem(decoded, { position })
    else {
      const sizeBytes = 'bytes' in frame ? frame.bytes.length : 0
      await report.block(decoded.type, frameBlock(decoded, { position, sizeBytes }, options))
    }
    // Frames may come one by one, from a connection that is watched.
    await report.flush()
  }
  if (count === 0) throw new Error('there are no bytes in it')
  if (untold !== undefined) throw new Error(untold)
}

const KINDS = ['frame', 'log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const
const INTERNAL_TOPICS = ['consumer-offsets', 'transaction-state'] as const

function chosenKind(as: string | undefined): {
  kind?: Kind | undefined
  internal?: InternalTopic | undefined
} {
  if (as === undefined) return {}
  const kind = KINDS.find((kind) => kind === as)
  if (kind !== undefined) return { kind }
  const internal = INTERNAL_TOPICS.find((topic) => topic === as)
  if (internal !== undefined) return { kind: 'log', internal }
  throw new UsageError(`--as ${as}: not one of ${[...KINDS, ...INTERNAL_TOPICS].join(', ')}`)
}

function answeredBy(name: string | undefined, version: string | undefined): Answered | undefined {
  if (name === undefined && version === undefined) return undefined
  if (name === undefined) throw new UsageError('--version goes with --api')
  const api = apiCalled(name)
  const [min, max] = api.versions
  if (version === undefined)
    throw new UsageError(`--api goes with --version, from ${min} to ${max} of ${api.name}`)
  const number = /^\d+$/.test(version) ? Number(version) : Number.NaN
  if (!(number >= min && number <= max)) {
    throw new UsageError(`--version ${version}: ${api.name} has versions ${min} to ${max}`)
  }
  return { api, version: number }
}

function apiCalled(name: string): Api {
  const wanted = name.toLowerCase()
  const api = apis.find((api) => api.name.toLowerCase() === wanted || String(api.key) === name)
  if (api !== undefined) return api
  const similar = apis
    .filter((api) => api.name.toLowerCase().startsWith(wanted.slice(0, 3)))
    .map(({ name }) => name)
  const hint = similar.length === 0 ? '' : `; is it ${similar.join(' or ')}?`
  throw new UsageError(`--api ${name}: no API that clients speak has this name or key${hint}`)
}

function targetsOf(words: readonly string[], kind: Kind | undefined): readonly Target[] {
  if (words.length === 0)
    throw new UsageError('give a frame in hex, a file, a folder, or - for standard input')
  // Hex in pairs is several words.
  const joined = words.join('')
  if (isHex(joined) && !words.some(existsSync)) return [{ kind: kind ?? 'frame', input: hexInput(joined) }]
  return words.map((word) => {
    if (word === '-') return { kind: kind ?? 'frame', input: standardInput() }
    if (!existsSync(word)) throw new Error(`'${word}' is no file that is there, and no hex`)
    if (statSync(word).isDirectory()) {
      if (kind !== undefined) throw new UsageError(`--as is for files, and '${word}' is a folder`)
      return { kind: 'folder', input: fileInput(word) }
    }
    return { kind: kind ?? kindByName(word), input: fileInput(word) }
  })
}

/** A broker adds `.deleted`, `.cleaned` or `.swap` to files on their way out or in; a `.checkpoint` is a log of KRaft. */
function kindByName(path: string): Kind {
  const extension =
    /\.(log|checkpoint|index|timeindex|txnindex|snapshot)(?:\.(?:deleted|cleaned|swap))?$/.exec(path)?.[1]
  if (extension === undefined) return 'frame'
  return extension === 'checkpoint' ? 'log' : (extension as Kind)
}
