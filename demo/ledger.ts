// What was produced and what each group processed, and the check at the end: every record processed by every group at
// least once, none skipped, key order held in each partition.

export interface Produced {
  readonly partition: number
  readonly offset: number
  readonly key: string
  /** Counts up for each key. */
  readonly sequence: number
}

/** How many violations are told one by one: a fault early on brings thousands. */
const MAX_TOLD = 20

export interface Verdict {
  readonly lines: readonly (readonly [who: string, text: string])[]
  readonly exitCode: 0 | 1
}

/** What the run says at its end, and how it ends. */
export function verdict(violations: readonly string[]): Verdict {
  if (violations.length === 0) {
    const text = 'every record processed by every group, none skipped, key order held in each partition'
    return { lines: [['conductor', text]], exitCode: 0 }
  }
  const told = violations.slice(0, MAX_TOLD).map((violation) => ['VIOLATION', violation] as const)
  const some = told.length < violations.length ? `, the first ${told.length} of them above` : ''
  const count = `${violations.length} violation${violations.length === 1 ? '' : 's'}`
  return { lines: [...told, ['conductor', `failed: ${count}${some}`]], exitCode: 1 }
}

/** One member's unbroken ownership of one partition: offsets only rise within it. */
interface Stretch {
  readonly member: string
  readonly partition: number
  readonly offsets: number[]
}

export class Ledger {
  readonly #produced: Produced[] = []
  readonly #stretches = new Map<string, Stretch[]>()
  readonly #open = new Map<string, Stretch>()

  produced(record: Produced): void {
    this.#produced.push(record)
  }

  get producedCount(): number {
    return this.#produced.length
  }

  /** Offset after the last one produced, by partition. */
  ends(): Map<number, number> {
    const ends = new Map<number, number>()
    for (const { partition, offset } of this.#produced) {
      ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1))
    }
    return ends
  }

  processed(group: string, member: string, partition: number, offset: number): void {
    this.#stretch(group, member, partition).offsets.push(offset)
  }

  /** The member's assignment changed or it restarted: what it processes from here on may begin anew. */
  interrupted(member: string): void {
    for (const key of [...this.#open.keys()]) if (key.startsWith(`${member}|`)) this.#open.delete(key)
  }

  processedCount(group: string): number {
    let count = 0
    for (const stretch of this.#stretches.get(group) ?? []) count += stretch.offsets.length
    return count
  }

  /** Next offset after what the group's members have processed, by partition. */
  positions(group: string): Map<number, number> {
    const positions = new Map<number, number>()
    for (const { partition, offsets } of this.#stretches.get(group) ?? []) {
      const last = offsets.at(-1)
      if (last !== undefined) positions.set(partition, last + 1)
    }
    return positions
  }

  /** True when the group has processed every record produced so far. */
  isComplete(group: string): boolean {
    return this.#missing(group).length === 0
  }

  /** What does not hold, in words; empty when all is well. */
  violations(groups: readonly string[]): string[] {
    return [...this.#producedOutOfOrder(), ...groups.flatMap((group) => this.#violationsOf(group))]
  }

  /** How many records a group processed more than once: allowed, and worth telling. */
  repeated(group: string): number {
    return this.processedCount(group) - this.#seen(group).size
  }

  #violationsOf(group: string): string[] {
    const missing = this.#missing(group).map(({ partition, offset, key }) => {
      return `${group} never processed partition ${partition} offset ${offset} (key ${key})`
    })
    const skipped = (this.#stretches.get(group) ?? []).flatMap(({ member, partition, offsets }) =>
      offsets.flatMap((offset, i) => {
        const previous = offsets[i - 1]
        if (previous === undefined || offset === previous + 1) return []
        return [`${group}: ${member} went from offset ${previous} to ${offset} in partition ${partition}`]
      }),
    )
    return [...missing, ...skipped]
  }

  /** Records of one key stand in their partition in the order in which they were produced. */
  #producedOutOfOrder(): string[] {
    const byOffset = [...this.#produced].sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    const last = new Map<string, Produced>()
    const violations: string[] = []
    for (const record of byOffset) {
      const previous = last.get(record.key)
      last.set(record.key, record)
      if (previous === undefined) continue
      if (previous.partition !== record.partition) violations.push(`key ${record.key} is in two partitions`)
      else if (previous.sequence >= record.sequence) {
        violations.push(`key ${record.key}: number ${record.sequence} stands after ${previous.sequence}`)
      }
    }
    return violations
  }

  #missing(group: string): Produced[] {
    const seen = this.#seen(group)
    return this.#produced.filter(({ partition, offset }) => !seen.has(`${partition}:${offset}`))
  }

  #seen(group: string): Set<string> {
    const seen = new Set<string>()
    for (const { partition, offsets } of this.#stretches.get(group) ?? []) {
      for (const offset of offsets) seen.add(`${partition}:${offset}`)
    }
    return seen
  }

  #stretch(group: string, member: string, partition: number): Stretch {
    const key = `${member}|${partition}`
    let stretch = this.#open.get(key)
    if (stretch === undefined) {
      stretch = { member, partition, offsets: [] }
      this.#open.set(key, stretch)
      const all = this.#stretches.get(group)
      if (all === undefined) this.#stretches.set(group, [stretch])
      else all.push(stretch)
    }
    return stretch
  }
}
