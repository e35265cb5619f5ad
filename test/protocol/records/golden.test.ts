import { expect, test } from 'vitest'
import golden from './golden.json' with { type: 'json' }
import { describe as describeBatches } from './java-batches.ts'

test.each(golden)('Java wrote: $name', ({ bytes, lines }) => {
  expect(describeBatches(Buffer.from(bytes, 'base64'))).toEqual(lines)
})
