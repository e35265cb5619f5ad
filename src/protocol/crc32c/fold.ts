// The fast way of crc32c.ts: a WebAssembly module that folds a buffer to a few hundred bytes of the same CRC32C, sixteen
// at a time, and takes those through tables. Loaded when it is first needed; absent where WebAssembly or its SIMD is.

import { Buffer } from 'node:buffer'
import { CAPACITY, INPUT_START, MODULE, TABLES_START } from './module.ts'
import { fillTables } from './tables.ts'

export interface Folding {
  /** The module's memory; the bytes to sum are copied to INPUT_START. They are not the same afterwards. */
  readonly memory: Uint8Array
  /** The register after [INPUT_START, end), four bytes or more, that was `register` before. */
  readonly update: (end: number, register: number) => number
}

export { CAPACITY, INPUT_START }

/** The little of WebAssembly that is used: its types come with the DOM's only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer }
      readonly update: Folding['update']
    }
  }
  validate(bytes: Uint8Array): boolean
}

/** An instance of the module, or undefined where it cannot run. */
export function loadFolding(): Folding | undefined {
  const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly
  const bytes = Buffer.from(MODULE, 'base64')
  if (api === undefined || !api.validate(bytes)) return undefined
  const { memory, update } = new api.Instance(new api.Module(bytes)).exports
  fillTables(new Int32Array(memory.buffer, TABLES_START, 16 * 256))
  return { memory: new Uint8Array(memory.buffer), update }
}
