// What is said of a value that cannot be written.

/**
 * A value that does not fit its field. On its way up each array it stands in adds its index; the message's codec then
 * makes a ProtocolError of it.
 */
export class Misfit extends Error {
  /** Of the arrays, from the outermost. */
  readonly indices: number[] = []
  readonly #path: string
  readonly #problem: string

  /** `path` has `[]` for each array. */
  constructor(path: string, problem: string) {
    super()
    this.#path = path
    this.#problem = problem
  }

  override get message(): string {
    let depth = 0
    const path = this.#path.replaceAll('[]', () => `[${this.indices[depth++]}]`)
    return `${path || 'the message'} ${this.#problem}`
  }
}

export function fail(path: string, value: unknown, expected: string): never {
  throw new Misfit(path, `is ${describe(value)}, not ${expected}`)
}

/** Says what kind of value was met, not its content: that may be a secret. */
function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return BigInt.asIntN(128, value) === value ? String(value) : 'a large bigint'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
