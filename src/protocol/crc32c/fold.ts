// The folding of crc32c.ts: a WebAssembly module that turns a buffer into a few hundred bytes of the same CRC32C,
// sixteen at a time. Loaded when it is first needed; absent where WebAssembly or its SIMD is.

import { Buffer } from 'node:buffer'
import { CAPACITY, INPUT_START, MODULE } from './module.ts'

export interface Folding {
  /** The module's memory; the bytes to fold are copied to INPUT_START. */
  readonly memory: Uint8Array
  /** Folds [INPUT_START, end) and returns where what remains starts. */
  readonly fold: (end: number) => number
}

export { CAPACITY, INPUT_START }

/** The little of WebAssembly that is used: its types come with the DOM's only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly fold: Folding['fold'] }
  }
  validate(bytes: Uint8Array): boolean
}

/** An instance of the module, or undefined where it cannot run. */
export function loadFolding(): Folding | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly
  const bytes = Buffer.from(MODULE, 'base64')
  if (api === undefined || !api.validate(bytes)) return undefined
  const { memory, fold } = new api.Instance(new api.Module(bytes)).exports
  return { memory: new Uint8Array(memory.buffer), fold }
}
