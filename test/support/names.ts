// Names of topics and groups that no other test has: tests share one broker.

let count = 0

/** `orders` becomes `orders-4711-m2x1-0`. */
export function uniqueName(what: string): string {
  return `${what}-${process.pid}-${Date.now().toString(36)}-${count++}`
}
