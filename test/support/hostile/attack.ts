// The side of a hostile test that runs in a process of its own: it makes bytes that may be anything, gives them to a
// decoder, and sees that each ends in a value of bounded size or in one of our errors, and that no more memory was
// asked for on the way than the bytes are worth.
import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
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
export type AttackResult = Endured | { readonly failure: string }

export interface Endured {
  readonly tally: Tally
  /** By how much the process grew at most while it was attacked, all its memory counted. */
  readonly growthBytes: number
}

const PROGRESS_EVERY = 1000
const TURN_EVERY = 50

/** Tries everything and writes how it went. The attacks are given the seed, which is the process's argument. */
export async function attack(
  attacks: (seed: number) => { readonly [name: string]: Iterable<Attempt> },
  bounds: Bounds,
): Promise<void> {
  const seed = Number(process.argv[2])
  const allocated = countAllocations()
  // Most attempts end in an error; where each arose is looked up only for one that fails the test.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const tally: Tally = {}
  const before = largestResidentBytes()
  let done = 0
  for (const [name, attempts] of Object.entries(attacks(seed))) {
    const counts = { values: 0, errors: 0 }
    tally[name] = counts
    for (const attempt of attempts) {
      const outcome = await endOf(attempt, allocated)
      const problem = problemWith(outcome, attempt, bounds)
      if (problem !== undefined) {
        Error.stackTraceLimit = stackTraceLimit
        const again = problemWith(await endOf(attempt, allocated), attempt, bounds)
        const { what, bytes } = attempt
        const failure = `attempt ${done}, ${name}: ${what}: ${again}`
        return tell({ failure: `${failure}\n${bytes.length} bytes: ${bytes.toString('hex', 0, 4000)}` })
      }
      if ('value' in outcome) counts.values++
      else counts.errors++
      done++
      // zlib lets go of what it used in a later turn of the event loop.
      if (done % TURN_EVERY === 0) await setImmediate()
      if (done % PROGRESS_EVERY === 0) writeSync(1, `${done}\n`)
    }
  }
  tell({ tally, growthBytes: largestResidentBytes() - before })
}

type Outcome = ({ readonly value: unknown } | { readonly error: unknown }) & { readonly allocated: number }

/** Asynchronous only where the decoder is. */
function endOf({ bytes, decode }: Attempt, allocated: () => number): Outcome | Promise<Outcome> {
  const before = allocated()
  const failed = (error: unknown) => ({ error, allocated: allocated() - before })
  try {
    const value = decode(bytes)
    if (!(value instanceof Promise)) return { value, allocated: allocated() - before }
    return value.then((value) => ({ value, allocated: allocated() - before }), failed)
  } catch (error) {
    return failed(error)
  }
}

function problemWith(outcome: Outcome, { bytes, mustFail }: Attempt, bounds: Bounds): string | undefined {
  if ('error' in outcome) {
    const { error } = outcome
    if (!(error instanceof ProtocolError || error instanceof CorruptRecordError)) {
      return `ended in an error of another kind: ${inspect(error)}`
    }
  } else if (mustFail) return `ended in a value: ${inspect(outcome.value)}`
  else if (bounds.isTooLarge(outcome.value, bytes)) return 'ended in a value too large for its bytes'
  const { allocated } = outcome
  return allocated > bounds.allocated(bytes) ? `asked for ${allocated} bytes of memory` : undefined
}

function largestResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

function tell(result: AttackResult): void {
  writeSync(1, `${JSON.stringify(result)}\n`)
}
