// Where everything decoded goes: lines for people, or a JSON document a line for machines.

import { counted, field, type Output } from '../output.ts'
import { type Block, jsonPieces, type Struct, scalar, struct, textLines } from './tree.ts'

export interface DecodeOptions {
  readonly json: boolean
  /** Show long values whole. */
  readonly full: boolean
  /** Of a log: the records, too. */
  readonly records: boolean
}

/** Where something is wrong; `file` in a folder of several. */
export interface Place {
  readonly position: number
  readonly file?: string
}

export interface Report {
  /** Before one of several. */
  heading(name: string, isNext: boolean): Promise<void>
  /** For people only; control characters are shown, not obeyed. */
  text(line: string): Promise<void>
  /** For machines only: `type`, and the properties. */
  document(type: string, json: Struct): Promise<void>
  /** For both. */
  block(type: string, block: Block, indent?: string): Promise<void>
  /** What is wrong, at its place; the command's exit code is 1 then. */
  problem(message: string, place?: Place): Promise<void>
  /** The same, where it is told otherwise. */
  count(place?: Place): void
  flush(): Promise<void>
  /** How much was wrong, and where first; undefined when nothing was. */
  summary(): string | undefined
}

export function reportTo(output: Output, { json }: Pick<DecodeOptions, 'json'>): Report {
  let problems = 0
  let first: Place | undefined
  const text = async (line: string) => {
    if (!json) await output.write(`${field(line)}\n`)
  }
  const block = async (type: string, block: Block, indent = '') => {
    if (!json) return writeAll(output, textLines(block, indent), '\n')
    const entries = [['type', scalar(type)] as const, ...block.json().entries]
    await writeAll(output, jsonPieces({ ...block, json: () => ({ kind: 'struct', entries }) }))
    await output.write('\n')
  }
  const document = async (type: string, fields: Struct) => {
    if (json) await block(type, { kind: 'block', heading: '', children: [], json: () => fields })
  }
  const count = (place?: Place) => {
    if (problems++ === 0) first = place
  }
  return {
    async heading(name, isNext) {
      if (isNext) await text('')
      await text(`${name}:`)
      await document('file', struct({ file: scalar(name) }))
    },
    text,
    document,
    block,
    count,
    async problem(message, place) {
      count(place)
      await text(place === undefined ? `! ${message}` : `! ${placeText(place)}: ${message}`)
      await document(
        'problem',
        struct({
          file: place?.file === undefined ? undefined : scalar(place.file),
          position: place === undefined ? undefined : scalar(place.position),
          message: scalar(message),
        }),
      )
    },
    flush: () => output.flush(),
    summary() {
      if (problems === 0) return undefined
      const where =
        first === undefined ? '' : `, ${problems === 1 ? 'at' : 'the first at'} ${placeText(first)}`
      return `${counted(problems, 'problem')}${where}`
    },
  }
}

/** Few pieces are handed on by themselves: a record has dozens. */
async function writeAll(output: Output, pieces: Iterable<string>, end = ''): Promise<void> {
  let text = ''
  for (const piece of pieces) {
    text += piece + end
    if (text.length < PIECE_LENGTH) continue
    await output.write(text)
    text = ''
  }
  await output.write(text)
}

const PIECE_LENGTH = 16 * 1024

function placeText({ file, position }: Place): string {
  return file === undefined ? `position ${position}` : `${file}, position ${position}`
}
