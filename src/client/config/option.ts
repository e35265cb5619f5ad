// One option: where it comes from, what it may be, what it is when not given. The tables are made of these.

import { ConfigurationError } from '../../errors.ts'

/** Reads one given value: checks it and returns it as the client wants it, or refuses it with a reason. */
export type Read<Out> = (value: unknown, refuse: Refuse) => Out

/** Throws. The reason reads on after the option's name: `must be …`. */
export type Refuse = (reason: string) => never

/** A line of the table. */
export interface Option<In, Out> {
  /** What it may be, for the documentation: `milliseconds`. */
  readonly type: string
  readonly read: Read<Out>
  /** What it is when not given, as a user would write it; undefined when it has no default. */
  readonly default: In | undefined
  /** The Java client's name; undefined when the option is ours. */
  readonly java: string | undefined
  /** Why the default is not Java's, or why there is no Java name. */
  readonly reason: string | undefined
  /** Must be given. */
  readonly required: boolean
  /** In types only. */
  readonly '~types'?: { readonly in: In; readonly out: Out }
}

/** What a line may say beside its default. */
export interface OptionNotes {
  readonly java?: string
  readonly reason?: string
}

/** What a user may give: every option of the table, each optional or `undefined`. */
export type InputOf<Table> = {
  readonly [Name in keyof Table]?: Table[Name] extends Option<infer In, unknown> ? In | undefined : never
}

/** What the client gets: every option of the table, defaults filled in. */
export type ResolvedOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<unknown, infer Out> ? Out : never
}

/** A table, whatever is in it. */
export type OptionTable = { readonly [name: string]: Option<unknown, unknown> }

/** An option with a default, which passes the same reading as what is given. */
export function option<In, Out = In>(
  type: string,
  read: Read<Out>,
  defaultValue: NoInfer<In>,
  notes: OptionNotes = {},
): Option<In, Out> {
  return {
    type,
    read,
    default: defaultValue,
    java: notes.java,
    reason: notes.reason,
    required: false,
  }
}

/** An option that is `undefined` when not given. */
export function optional<In, Out = In>(
  type: string,
  read: Read<Out>,
  notes: OptionNotes = {},
): Option<In, Out | undefined> {
  return { ...option<In, Out>(type, read, undefined as In, notes), read }
}

/** An option that must be given. */
export function required<In, Out = In>(
  type: string,
  read: Read<Out>,
  notes: OptionNotes = {},
): Option<In, Out> {
  return { ...option<In, Out>(type, read, undefined as In, notes), required: true }
}

/** Reads what was given for one option, or its default. */
export function readOption<Out>(
  name: string,
  line: Option<unknown, Out>,
  given: unknown,
  owner: string,
): Out {
  const refuse: Refuse = (reason) => {
    throw new ConfigurationError(`Option '${name}' of ${owner} ${reason}`, name)
  }
  const value = given === undefined ? line.default : given
  if (value !== undefined) return line.read(value, refuse)
  if (line.required) refuse(`must be given (${line.type})`)
  return undefined as Out
}

// ---- what an option may be

/** Whole milliseconds. Timers cannot wait longer than 2147483647 ms (24.8 days). */
export function milliseconds(
  defaultMs: number,
  notes?: OptionNotes & { min?: number },
): Option<number, number> {
  return integer('milliseconds', { default: defaultMs, min: notes?.min ?? 0, max: MAX_INT32 }, notes)
}

/** Whole bytes. */
export function bytes(
  defaultBytes: number,
  notes?: OptionNotes & { min?: number; max?: number },
): Option<number, number> {
  const range = { default: defaultBytes, min: notes?.min ?? 1, max: notes?.max ?? MAX_INT32 }
  return integer('bytes', range, notes)
}

/** A whole number in a range. */
export function count(
  defaultCount: number,
  range: { min: number; max: number },
  notes?: OptionNotes,
): Option<number, number> {
  return integer('whole number', { default: defaultCount, ...range }, notes)
}

/** `true` or `false`. */
export function flag(defaultValue: boolean, notes?: OptionNotes): Option<boolean, boolean> {
  return option<boolean>('boolean', readBoolean, defaultValue, notes)
}

/** Text that is not empty. */
export function optionalText(notes?: OptionNotes): Option<string, string | undefined> {
  return optional<string>('string', readText, notes)
}

/** One of a few values. */
export function oneOf<const Choice extends string | number>(
  choices: readonly Choice[],
  defaultChoice: NoInfer<Choice>,
  notes?: OptionNotes,
): Option<Choice, Choice> {
  const type = choices.map(show).join(', ')
  const read: Read<Choice> = (value, refuse) =>
    choices.find((choice) => choice === value) ?? refuse(`must be one of ${type}, not ${show(value)}`)
  return option<Choice, Choice>(type, read, defaultChoice, notes)
}

/** A function, given as it is. */
export function optionalFunction<F>(signature: string, notes?: OptionNotes): Option<F, F | undefined> {
  const read: Read<F> = (value, refuse) =>
    typeof value === 'function' ? (value as F) : refuse(`must be a function ${signature}, not ${show(value)}`)
  return optional<F>('function', read, notes)
}

/** Reads `true` or `false`. */
export const readBoolean: Read<boolean> = (value, refuse) =>
  typeof value === 'boolean' ? value : refuse(`must be true or false, not ${show(value)}`)

/** Reads text that is not empty. */
export const readText: Read<string> = (value, refuse) => {
  if (typeof value !== 'string') return refuse(`must be a string, not ${show(value)}`)
  return value === '' ? refuse('must not be empty') : value
}

/**
 * A value as an error may show it: numbers, booleans and short text; of anything else, only its kind. An option
 * may hold a secret, and numbers and names of choices do not.
 */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length <= 40 ? `'${value}'` : `a string of ${value.length} characters`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `${value}n (a bigint)`
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const kind = value.constructor?.name ?? 'Object'
  return kind === 'Object' ? 'an object' : `a ${kind}`
}

const MAX_INT32 = 2_147_483_647

function integer(
  type: string,
  { default: defaultValue, min, max }: { default: number; min: number; max: number },
  notes?: OptionNotes,
): Option<number, number> {
  const read: Read<number> = (value, refuse) => {
    if (typeof value !== 'number') return refuse(`must be a number (${type}), not ${show(value)}`)
    if (!Number.isInteger(value)) return refuse(`must be a whole number (${type}), not ${value}`)
    if (value < min) return refuse(`must be at least ${min} (${type}), not ${value}`)
    return value > max ? refuse(`must be at most ${max} (${type}), not ${value}`) : value
  }
  return option<number>(min > 0 ? `${type}, at least ${min}` : type, read, defaultValue, notes)
}
