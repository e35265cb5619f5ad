// Shares the partitions so that members keep what they own as far as balance allows.

import { fill } from './fill.ts'
import type { Lots } from './lots.ts'
import {
  type Before,
  countsOf,
  imbalanceOf,
  movesOf,
  type Owners,
  ownersOf,
  type Plan,
  planOf,
} from './plan.ts'
import { evenOut, placeUnowned } from './single-moves.ts'

/**
 * Who gets what.
 *
 * The plan of single moves is what the Java client does. The best plan is at least as balanced, and as a rule moves
 * less. Where it moves more, for more balance, it is not taken: so never less balanced, and never more moves, than the
 * Java client. With racks, which come before moves, it is always taken.
 */
export function share(group: Lots, before: Before): Owners {
  const placed = placeUnowned(group, before.owners)
  if (!group.racksMatter && isEven(planOf(group, placed))) return placed
  const owned = countsOf(group, before.owners)
  const best = fill(group, { owned, keepAll: false })
  if (group.racksMatter || movesOf(best, owned) === 0) return ownersOf(group, best, before.owners)
  const simple = planOf(group, evenOut(group, placed, before))
  if (movesOf(best, owned) <= movesOf(simple, owned)) return ownersOf(group, best, before.owners)

  // Often what is owned can stay for that balance: another place for the rest is enough.
  const still = ownersOf(group, fill(group, { owned, keepAll: true }), before.owners)
  const evened = planOf(group, evenOut(group, still, before))
  const isAsGood =
    imbalanceOf(evened) <= imbalanceOf(simple) && movesOf(evened, owned) <= movesOf(simple, owned)
  return ownersOf(group, isAsGood ? evened : simple, before.owners)
}

/** As even as numbers allow. */
function isEven({ loads }: Plan): boolean {
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const load of loads) {
    least = Math.min(least, load)
    most = Math.max(most, load)
  }
  return most - least <= 1
}
