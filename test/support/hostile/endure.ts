// Runs the attacks of a script (attack.ts) in a process of its own. There a decoder that never ends is noticed, and
// one that takes memory without measure has little to take.
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { spawnGuarded } from '../brokers/guard.ts'
import { seed } from '../seed.ts'
import type { AttackResult, Endured } from './attack.ts'

/** Some times what the code, the samples and what is decoded from them take. */
const HEAP_MB = 64
/** Without a thousand attempts more in this time one is taken to be without end; none should take a millisecond. */
const STUCK_MS = 30_000

/** Resolves with what was tried and how it ended. Rejects with what failed, how to make it again, and the bytes. */
export async function endure(script: URL): Promise<Endured> {
  const args = [`--max-old-space-size=${HEAP_MB}`, fileURLToPath(script), `${seed}`]
  // A test runner's own settings (loaders, inspectors) are not for it.
  const env = { ...process.env, NODE_OPTIONS: '' }
  const child = spawnGuarded(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  let errorOutput = ''
  let done = '0'
  let watch: NodeJS.Timeout | undefined
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errorOutput += text
  })
  try {
    const result = await new Promise<AttackResult>((resolve, reject) => {
      const stop = () => reject(new Error(`an attempt after ${done} does not end`))
      watch = setTimeout(stop, STUCK_MS)
      createInterface({ input: child.stdout! }).on('line', (line) => {
        watch!.refresh()
        if (line.startsWith('{')) resolve(JSON.parse(line))
        else done = line
      })
      child.once('error', reject)
      child.once('close', (code, signal) => {
        reject(new Error(`it ended after attempt ${done} with ${signal ?? `code ${code}`}: ${errorOutput}`))
      })
    })
    if ('tally' in result) return result
    throw new Error(result.failure)
  } catch (cause) {
    throw new Error(`OTTLA_TEST_SEED=${seed}: ${(cause as Error).message}`, { cause })
  } finally {
    clearTimeout(watch)
    child.kill('SIGKILL')
  }
}
