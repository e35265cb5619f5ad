// Where everything decoded goes: lines for people, or a JSON document a line for machines.

import { field, type Output } from '../output.ts'
import { type Block, jsonPieces, type Struct, scalar, struct, textLines } from './tree.ts'

export interface DecodeOptions {
  readonly json: boolean
  /** Show long values whole. */
  readonly full: boolean
  /** Of a log: the records, too. */
  readonly records: boolean
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
  problem(message: string, position?: number): Promise<void>
  /** The same, where it is told otherwise. */
  count(message: string): void
  flush(): Promise<void>
  /** Throws an error that sums up what was wrong, if something was. */
  conclude(): void
}

export function reportTo(output: Output, name: string, { json }: Pick<DecodeOptions, 'json'>): Report {
  let problems = 0
  let firstProblem = ''
  const text = async (line: string) => {
    if (!json) await output.write(`${field(line)}\n`)
  }
  const block = async (type: string, block: Block, indent = '') => {
    if (!json) for (const line of textLines(block, indent)) await output.write(`${line}\n`)
    else {
      const entries = [['type', scalar(type)] as const, ...block.json.entries]
      for (const piece of jsonPieces({ ...block, json: { kind: 'struct', entries } }))
        await output.write(piece)
      await output.write('\n')
    }
  }
  const document = async (type: string, fields: Struct) => {
    if (json) await block(type, { kind: 'block', heading: '', children: [], json: fields })
  }
  const count = (message: string) => {
    if (problems++ === 0) firstProblem = message
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
    async problem(message, position) {
      const place = position === undefined ? '' : `position ${position}: `
      count(`${place}${message}`)
      await text(`! ${place}${message}`)
      await document(
        'problem',
        struct({ position: position === undefined ? undefined : scalar(position), message: scalar(message) }),
      )
    },
    flush: () => output.flush(),
    conclude() {
      if (problems === 0) return
      throw new Error(`${name}: ${problems === 1 ? '' : `${problems} problems, the first: `}${firstProblem}`)
    },
  }
}
