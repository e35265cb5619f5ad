import type { Row } from '../row.ts'
import { rows as batches } from './batches.ts'
import { rows as compression } from './compression.ts'
import { rows as hashes } from './hashes.ts'
import { rows as messages } from './messages.ts'

export const ROWS: readonly Row[] = [...batches, ...compression, ...hashes, ...messages]
