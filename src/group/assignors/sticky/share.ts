// Shares the partitions so that members keep what they own as far as balance allows.

import { improve } from './improve.ts'
import type { Lots } from './lots.ts'
import { copyOf, countsOf, imbalanceOf, movesOf, type Owners, ownersOf, planOf } from './plan.ts'
import { evenOut, placeUnowned } from './single-moves.ts'

/**
 * Who gets what, where `before` says who owns what.
 *
 * The plan made by single moves is what the Java client does. The best plan is at least as balanced, and as a rule
 * moves less. Where it is more balanced and has to move more for that, it is not taken: so never less balanced, and
 * never more moves, than the Java client. Among plans with racks the best one is: these come before moves.
 */
export function share(group: Lots, before: Owners): Int32Array[] {
  const owned = countsOf(group, before)
  const placed = placeUnowned(group, before)
  const simple = planOf(group, evenOut(group, placed, before))
  const best = copyOf(simple)
  improve(group, best, { owned, mayMove: true })
  if (group.racksMatter || movesOf(best, owned) <= movesOf(simple, owned))
    return ownersOf(group, best, before)

  // Often nothing owned has to move for that balance: another place for the others is enough.
  const still = planOf(group, placed)
  improve(group, still, { owned, mayMove: false })
  const evened = planOf(group, evenOut(group, ownersOf(group, still, before), before))
  const isBetter =
    imbalanceOf(evened) <= imbalanceOf(simple) && movesOf(evened, owned) <= movesOf(simple, owned)
  return ownersOf(group, isBetter ? evened : simple, before)
}
