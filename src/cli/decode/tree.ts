// What is decoded, before it is text for people or JSON for machines. Both are made piece by piece: a fetch response
// may hold a million records.

export type Tree = Scalar | List | Struct | Block

/** One value. */
export interface Scalar {
  readonly kind: 'scalar'
  readonly text: string
  /** As JSON text. */
  readonly json: string
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Tree[]
}

export interface Struct {
  readonly kind: 'struct'
  readonly entries: readonly (readonly [name: string, value: Tree])[]
}

/** For people a line, and what is told under it; for machines an object, of which `children` may be one property. */
export interface Block {
  readonly kind: 'block'
  readonly heading: string
  readonly children: Iterable<Tree>
  readonly json: () => Struct
  /** The property of the object under which the children are a list. */
  readonly childrenName?: string
}

export function scalar(value: string | number | boolean | null, text = String(value)): Scalar {
  return { kind: 'scalar', text, json: JSON.stringify(value) }
}

export function list(items: readonly Tree[]): List {
  return { kind: 'list', items }
}

export function struct(entries: { readonly [name: string]: Tree | undefined }): Struct {
  const given = Object.entries(entries).filter((entry): entry is [string, Tree] => entry[1] !== undefined)
  return { kind: 'struct', entries: given }
}

/** A structure, or a list, is told on one line where it fits. */
const LINE_WIDTH = 150
const STEP = '  '

/** The lines of a structure's entries, or of one value. */
export function* textLines(tree: Tree, indent = ''): Generator<string, void> {
  if (tree.kind === 'struct') for (const [name, value] of tree.entries) yield* entryLines(name, value, indent)
  else yield* itemLines(tree, indent)
}

function* entryLines(name: string, value: Tree, indent: string): Generator<string, void> {
  const start = `${indent}${name}:`
  const line = inline(value, LINE_WIDTH - start.length)
  if (line !== undefined) yield `${start} ${line}`
  else if (value.kind === 'block') yield* blockLines(`${start} `, value, indent)
  else {
    yield start
    yield* nestedLines(value, indent + STEP)
  }
}

function* itemLines(item: Tree, indent: string): Generator<string, void> {
  if (item.kind === 'block') return yield* blockLines(indent, item, indent)
  const line = inline(item, LINE_WIDTH - indent.length - 2)
  if (line !== undefined) return yield `${indent}- ${line}`
  let first = true
  for (const line of nestedLines(item, indent + STEP)) {
    yield first ? `${indent}- ${line.slice(indent.length + 2)}` : line
    first = false
  }
}

function* nestedLines(tree: Tree, indent: string): Generator<string, void> {
  if (tree.kind !== 'list') yield* textLines(tree, indent)
  else if (tree.items.every(isNumber)) yield* numberLines(tree.items, indent)
  else for (const item of tree.items) yield* itemLines(item, indent)
}

function isNumber(tree: Tree): tree is Scalar {
  return tree.kind === 'scalar' && /^-?\d+$/.test(tree.text)
}

/** As many on a line as fit. */
function* numberLines(numbers: readonly Scalar[], indent: string): Generator<string, void> {
  let line = `${indent}[`
  for (const [index, { text }] of numbers.entries()) {
    const added = index === numbers.length - 1 ? `${text}]` : `${text},`
    if (line.length + 1 + added.length > LINE_WIDTH) {
      yield line
      line = `${indent} ${added}`
    } else line += index === 0 ? added : ` ${added}`
  }
  yield line
}

function* blockLines(start: string, block: Block, indent: string): Generator<string, void> {
  yield `${start}${block.heading}`
  for (const child of block.children) yield* textLines(child, indent + STEP)
}

/** On one line, where it is short enough; undefined where it is not. A scalar always is. */
function inline(tree: Tree, width: number): string | undefined {
  switch (tree.kind) {
    case 'scalar':
      return tree.text
    case 'block':
      return undefined
    case 'list':
      // Structures read better one under the other.
      if (tree.items.length > 1 && tree.items[0]?.kind !== 'scalar') return undefined
      return joined(tree.items, '[', ']', width, (item) => inline(item, width))
    case 'struct':
      return joined(tree.entries, '{ ', ' }', width, ([name, value]) => {
        if (value.kind === 'list' && value.items.some((item) => item.kind !== 'scalar')) return undefined
        const text = inline(value, width)
        return text === undefined ? undefined : `${name}: ${text}`
      })
  }
}

function joined<T>(
  parts: readonly T[],
  open: string,
  close: string,
  width: number,
  textOf: (part: T) => string | undefined,
): string | undefined {
  if (parts.length === 0) return `${open}${close}`.replaceAll(' ', '')
  let line = open
  for (const part of parts) {
    const text = textOf(part)
    if (text === undefined) return undefined
    line += line === open ? text : `, ${text}`
    if (line.length + close.length > width) return undefined
  }
  return line + close
}

/** JSON on one line, in pieces. */
export function* jsonPieces(tree: Tree): Generator<string, void> {
  switch (tree.kind) {
    case 'scalar':
      return yield tree.json
    case 'list':
      return yield* jsonList(tree.items)
    case 'struct':
      return yield* jsonStruct(tree)
    case 'block':
      return yield* jsonStruct(tree.json(), tree)
  }
}

function* jsonList(items: Iterable<Tree>): Generator<string, void> {
  let before = '['
  for (const item of items) {
    yield before
    yield* jsonPieces(item)
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

function* jsonStruct({ entries }: Struct, block?: Block): Generator<string, void> {
  let before = '{'
  for (const [name, value] of entries) {
    yield `${before}${JSON.stringify(name)}:`
    yield* jsonPieces(value)
    before = ','
  }
  if (block?.childrenName !== undefined) {
    yield `${before}${JSON.stringify(block.childrenName)}:`
    yield* jsonList(block.children)
    before = ','
  }
  yield before === '{' ? '{}' : '}'
}
