// How many partitions had to change hands for a balance that was reached? An answer's moves beyond that were for nothing.
// Balance is measured by the sum of the squares of what members have: the smaller, the more equal.

/** Members are indexes; -1: nobody that stayed. */
export interface Passed {
  readonly topic: string
  /** Who had it: a member that still is in the group and subscribes to the topic. */
  readonly before: number
  readonly after: number
}

/**
 * The fewest moves that lead to this balance or a better one: exact where all members subscribe to the same topics.
 * Where they do not, it is the count of an assignment that can be reached from the one given by undoing moves, step by
 * step: there may be a better one, but none of the moves beyond was needed.
 */
export function fewestMoves(
  topicsOfMembers: readonly ReadonlySet<string>[],
  partitions: readonly Passed[],
): number {
  const topics = new Set(partitions.map(({ topic }) => topic))
  const isEqual = topicsOfMembers.every((own) => [...topics].every((topic) => own.has(topic)))
  return isEqual
    ? fewestOfEquals(topicsOfMembers.length, partitions)
    : fewestByUndoing(topicsOfMembers, partitions)
}

/** What was nobody's goes to those who have the fewest; then who has the most gives to who has the fewest, one by one. */
function fewestOfEquals(memberCount: number, partitions: readonly Passed[]): number {
  const count = (of: (partition: Passed) => number) => {
    const loads = new Array<number>(memberCount).fill(0)
    for (const partition of partitions) if (of(partition) >= 0) loads[of(partition)]!++
    return loads
  }
  const reached = sumOfSquares(count(({ after }) => after))
  const loads = count(({ before }) => before)
  for (const { before } of partitions) if (before < 0) loads[loads.indexOf(Math.min(...loads))]!++
  let moves = 0
  for (; sumOfSquares(loads) > reached; moves++) {
    loads[loads.indexOf(Math.max(...loads))]!--
    loads[loads.indexOf(Math.min(...loads))]!++
  }
  return moves
}

function sumOfSquares(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + load * load, 0)
}

interface Edge {
  /** What handing it over does to the number of moves. */
  readonly cost: number
  /** An index; -1 for the edge that closes a chain: nothing is handed over. */
  readonly partition: number
}

/**
 * Partitions are handed on from member to member, in a circle, or in a chain from one who has more to one who has less,
 * as long as that makes the moves fewer. Neither makes the balance worse.
 */
function fewestByUndoing(
  topicsOfMembers: readonly ReadonlySet<string>[],
  partitions: readonly Passed[],
): number {
  const owners = partitions.map(({ after }) => after)
  for (;;) {
    const edges = edgesOf(topicsOfMembers, partitions, owners)
    const circle = cheaperCircle(edges)
    if (circle === undefined) break
    for (const [i, from] of circle.entries()) {
      const to = circle[(i + 1) % circle.length]!
      const { partition } = edges[from]![to]!
      if (partition >= 0) owners[partition] = to
    }
  }
  return partitions.filter(({ before }, i) => before >= 0 && owners[i] !== before).length
}

/** By giver, then by taker: the best that the one can do for the other. */
function edgesOf(
  topicsOfMembers: readonly ReadonlySet<string>[],
  partitions: readonly Passed[],
  owners: readonly number[],
): (Edge | undefined)[][] {
  const loads = topicsOfMembers.map(() => 0)
  for (const owner of owners) if (owner >= 0) loads[owner]!++
  const edges = loads.map((a) => loads.map((b) => (b > a ? { cost: 0, partition: -1 } : undefined)))
  const table: (Edge | undefined)[][] = edges
  for (const [partition, { topic, before }] of partitions.entries()) {
    const owner = owners[partition]!
    if (owner < 0) continue
    for (const [taker, topics] of topicsOfMembers.entries()) {
      if (taker === owner || !topics.has(topic)) continue
      const cost = (owner === before ? 1 : 0) - (taker === before ? 1 : 0)
      if (cost < (table[owner]![taker]?.cost ?? Number.POSITIVE_INFINITY))
        table[owner]![taker] = { cost, partition }
    }
  }
  return table
}

/** Bellman and Ford's search for a circle of negative cost; undefined when there is none. */
function cheaperCircle(edges: readonly (readonly (Edge | undefined)[])[]): readonly number[] | undefined {
  const distances = edges.map(() => 0)
  const previous = edges.map(() => -1)
  let changed = -1
  for (let round = 0; round < edges.length; round++) {
    changed = -1
    for (const [from, row] of edges.entries()) {
      for (const [to, edge] of row.entries()) {
        if (edge === undefined || distances[from]! + edge.cost >= distances[to]!) continue
        distances[to] = distances[from]! + edge.cost
        previous[to] = from
        changed = to
      }
    }
    if (changed < 0) return undefined
  }
  // As many steps back as there are members lead into the circle, wherever it was entered.
  let member = changed
  for (let i = 0; i < edges.length; i++) member = previous[member]!
  const circle = [member]
  for (let at = previous[member]!; at !== member; at = previous[at]!) circle.unshift(at)
  return circle
}
