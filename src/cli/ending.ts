// How a run ends on Ctrl-C: in order, but soon. npm passes on what the terminal also sent, so that one press of the
// keys may come as two signals.

import { note } from './output.ts'

/** How long a run may take to end in order. */
const ORDERLY_MS = 1_500
/** How long it may then take to say what was left undone. */
const LAST_WORDS_MS = 500
/** Signals closer together than this are one press of the keys. */
const ONE_PRESS_MS = 150

export interface Ending {
  /** Aborted by Ctrl-C, by SIGTERM, or when whoever reads our output goes away (`ottla consume … | head`). */
  readonly asked: AbortSignal
  /** Aborted when the time to end in order is over. */
  readonly overdue: AbortSignal
}

/** From here on Ctrl-C asks the run to end; a second one, or a run that does not end, ends the process. */
export function endOnSignals(undone: string): Ending {
  const asked = new AbortController()
  const overdue = new AbortController()
  let firstAt = 0
  const ask = () => {
    if (asked.signal.aborted) return
    firstAt = performance.now()
    asked.abort()
    setTimeout(() => overdue.abort(), ORDERLY_MS).unref()
    setTimeout(() => {
      note(`ottla: interrupted: ${undone}`)
      process.exit(1)
    }, ORDERLY_MS + LAST_WORDS_MS).unref()
  }
  const onSignal = () => {
    if (asked.signal.aborted && performance.now() - firstAt > ONE_PRESS_MS) process.exit(130)
    ask()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    ask()
  })
  return { asked: asked.signal, overdue: overdue.signal }
}
