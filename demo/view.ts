// What the demo shows: lines as things happen and, on a terminal, a table below them that is drawn anew.

import { styleText } from 'node:util'

export interface PartitionRow {
  readonly group: string
  readonly partition: number
  readonly owner: string
  readonly position: number | undefined
  readonly committed: number | undefined
  readonly end: number | undefined
}

export interface View {
  /** A step of the story. */
  title(text: string): void
  say(who: string, text: string): void
  /** Redraws the table; lines-only views ignore it. */
  table(rows: readonly PartitionRow[], produced: number): void
  close(): void
}

export function createView(output: NodeJS.WriteStream): View {
  return output.isTTY ? new TerminalView(output) : new LineView(output)
}

class LineView implements View {
  readonly #output: NodeJS.WritableStream
  constructor(output: NodeJS.WritableStream) {
    this.#output = output
  }
  title(text: string): void {
    this.#output.write(`\n== ${text}\n`)
  }
  say(who: string, text: string): void {
    this.#output.write(`${who.padEnd(12)} ${text}\n`)
  }
  table(): void {}
  close(): void {}
}

class TerminalView implements View {
  readonly #output: NodeJS.WriteStream
  #drawnLines = 0
  #table: string[] = []

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  title(text: string): void {
    this.#print(`\n${styleText('bold', text)}`)
  }

  say(who: string, text: string): void {
    this.#print(`${styleText('cyan', who.padEnd(12))} ${text}`)
  }

  table(rows: readonly PartitionRow[], produced: number): void {
    const cell = (value: number | undefined) => (value === undefined ? '-' : String(value)).padStart(9)
    const lines = rows.map(({ group, partition, owner, position, committed, end }) => {
      const lag = end === undefined || committed === undefined ? undefined : end - committed
      const figures = [position, committed, end, lag].map(cell).join(' ')
      return `${group.padEnd(10)} ${String(partition).padStart(9)}  ${owner.padEnd(12)} ${figures}`
    })
    const header = `${'group'.padEnd(10)} partition  ${'owner'.padEnd(12)} ${['position', 'committed', 'log end', 'lag'].map((name) => name.padStart(9)).join(' ')}`
    this.#table = ['', styleText('dim', `${header}   (${produced} produced)`), ...lines]
    this.#redraw()
  }

  /** The table stays as it is; what follows stands below it. */
  close(): void {
    this.#drawnLines = 0
    this.#table = []
  }

  #print(line: string): void {
    this.#erase()
    this.#output.write(`${line}\n`)
    this.#draw()
  }

  #redraw(): void {
    this.#erase()
    this.#draw()
  }

  #erase(): void {
    if (this.#drawnLines > 0) {
      this.#output.moveCursor(0, -this.#drawnLines)
      this.#output.cursorTo(0)
      this.#output.clearScreenDown()
    }
    this.#drawnLines = 0
  }

  #draw(): void {
    const width = this.#output.columns
    for (const line of this.#table) this.#output.write(`${line.slice(0, width + 20)}\n`)
    this.#drawnLines = this.#table.length
  }
}
