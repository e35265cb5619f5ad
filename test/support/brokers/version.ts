// Kafka's versions, compared.

/** Whether the first version (`x.y.z`, also with a suffix as in `4.0.0-rc1`) came before the second. */
export function isBefore(version: string, other: string): boolean {
  const [left, right] = [numbersOf(version), numbersOf(other)]
  const at = left.findIndex((number, i) => number !== right[i])
  return at !== -1 && left[at]! < right[at]!
}

function numbersOf(version: string): [number, number, number] {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  if (match === null) throw new Error(`"${version}" is not a version of Kafka: it has the form x.y.z`)
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
}
