// Which origin of brokers the environment forces. Apart from the rest, because vitest's configuration asks it too.
import type { Origin } from './brokers.ts'

/** What OTTLA_TEST_BROKER says; undefined when it is not set. Throws when it says something else. */
export function forcedOrigin(): Origin | 'none' | undefined {
  const value = process.env['OTTLA_TEST_BROKER']
  if (value === undefined || value === '') return undefined
  if (value === 'none' || value === 'env' || value === 'container' || value === 'jars') return value
  throw new Error(`OTTLA_TEST_BROKER=${value}: it must be none, env, container or jars`)
}
