// Counts the memory that code asks for outside of JavaScript's own objects, by whatever name it asks: before it is
// given, so that an absurd request is seen (and refused) whether or not the memory would ever be touched.

/** A request above this is refused: it would be the machine's end before it is the test's. */
const REFUSED_FROM_BYTES = 2 ** 28

/** Starts counting; what it returns tells the bytes asked for since. For a process that does nothing else. */
export function countAllocations(): () => number {
  let total = 0
  const count = (bytes: number) => {
    if (bytes > REFUSED_FROM_BYTES) throw new Error(`${bytes} bytes were asked for at once`)
    total += bytes
  }
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name]
    Buffer[name] = (size: number, ...rest: []) => {
      count(size)
      return original(size, ...rest)
    }
  }
  const sizes = {
    ArrayBuffer: 1,
    SharedArrayBuffer: 1,
    Uint8Array: 1,
    Uint16Array: 2,
    Int32Array: 4,
    Uint32Array: 4,
    Float64Array: 8,
  }
  for (const [name, unit] of Object.entries({ ...sizes, Array: 8 })) {
    const original = Reflect.get(globalThis, name) as new (...args: unknown[]) => object
    Reflect.set(
      globalThis,
      name,
      new Proxy(original, {
        construct(target, args, newTarget: new () => object) {
          if (args.length === 1 && typeof args[0] === 'number') count(args[0] * unit)
          return Reflect.construct(target, args, newTarget)
        },
      }),
    )
  }
  return () => total
}
