// The side of a hostile test that runs in a process of its own: it makes bytes that may be anything, gives them to a
// decoder, and sees that each ends in a value of bounded size or in one of our errors, and that no more memory was
// asked for on the way than the bytes are worth.
import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { CorruptRecordError, ProtocolError } from '../../../src/errors.ts'
import { countAllocations } from './allocations.ts'

/** One thing to try. */
export interface Attempt {
  /** For the message of a failure. */
  readonly what: string
  readonly bytes: Buffer
  readonly decode: (bytes: Buffer) => unknown
  /** No value may come of it. */
  readonly mustFail?: boolean
}

/** What may come of an attempt. */
export interface Bounds {
  /** Says whether a value is more than its bytes may give. */
  readonly isTooLarge: (value: unknown, bytes: Buffer) => boolean
  /** The most bytes of memory that decoding these may ask for, beside JavaScript's own objects. */
  readonly allocated: (bytes: Buffer) => number
}

/** How often each ended how, by attack. */
export type Tally = { [attack: string]: { values: number; errors: number } }

/** The last line of output; the others are numbers of attempts done. */
export type AttackResult = { readonly tally: Tally } | { readonly failure: string }

const PROGRESS_EVERY = 1000

/** Tries everything and writes how it went. The attacks are given the seed, which is the process's argument. */
export function attack(
  attacks: (seed: number) => { readonly [name: string]: Iterable<Attempt> },
  bounds: Bounds,
): void {
  const seed = Number(process.argv[2])
  const allocated = countAllocations()
  // Most attempts end in an error; where each arose is looked up only for one that fails the test.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  let done = 0

  const problemOf = ({ bytes, decode, mustFail }: Attempt): string | null | undefined => {
    const before = allocated()
    let value: unknown
    let isError = false
    try {
      value = decode(bytes)
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof CorruptRecordError)) {
        return `ended in an error of another kind: ${inspect(error)}`
      }
      isError = true
    }
    const asked = allocated() - before
    if (asked > bounds.allocated(bytes)) return `asked for ${asked} bytes of memory`
    if (isError) return null
    if (mustFail) return `ended in a value: ${inspect(value)}`
    return bounds.isTooLarge(value, bytes) ? 'ended in a value too large for its bytes' : undefined
  }

  const tally: Tally = {}
  for (const [name, attempts] of Object.entries(attacks(seed))) {
    const counts = { values: 0, errors: 0 }
    tally[name] = counts
    for (const attempt of attempts) {
      const problem = problemOf(attempt)
      if (problem === undefined) counts.values++
      else if (problem === null) counts.errors++
      else {
        Error.stackTraceLimit = stackTraceLimit
        const { what, bytes } = attempt
        // Again, for the stack.
        const failure = `attempt ${done}, ${name}: ${what}: ${problemOf(attempt)}`
        return tell({ failure: `${failure}\n${bytes.length} bytes: ${bytes.toString('hex', 0, 4000)}` })
      }
      if (++done % PROGRESS_EVERY === 0) writeSync(1, `${done}\n`)
    }
  }
  tell({ tally })
}

function tell(result: AttackResult): void {
  writeSync(1, `${JSON.stringify(result)}\n`)
}
