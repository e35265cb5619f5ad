import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  consoleLogger,
  type LogFields,
  type Logger,
  safeLogger,
  withFields,
} from '../../src/client/logger.ts'

afterEach(() => vi.restoreAllMocks())

function recording(): Logger & { readonly calls: unknown[][] } {
  const calls: unknown[][] = []
  const log =
    (level: string) =>
    (...args: unknown[]) =>
      calls.push([level, ...args])
  return { calls, debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

test('a client that is given no logger is silent below warn', () => {
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  )
  consoleLogger.debug('d')
  consoleLogger.info('i', { a: 1 })
  consoleLogger.warn('w', { a: 1 })
  consoleLogger.error('e')
  expect(spies.map((spy) => spy.mock.calls)).toEqual([[], [], [], [['[ottla] w', { a: 1 }]], [['[ottla] e']]])
})

describe('a logger of the user', () => {
  test('gets message and fields, as a method of its object', () => {
    class Loud {
      readonly lines: unknown[] = []
      debug(message: string, fields?: LogFields) {
        this.lines.push(message, fields)
      }
      info = this.debug
      warn = this.debug
      error = this.debug
    }
    const loud = new Loud()
    safeLogger(loud).info('joined', { generation: 3 })
    expect(loud.lines).toEqual(['joined', { generation: 3 }])
  })

  test('gets one argument when there are no fields', () => {
    const logger = recording()
    safeLogger(logger).warn('w')
    expect(logger.calls).toEqual([['warn', 'w']])
  })

  test('that throws, or rejects, changes nothing', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const fail = () => {
        throw new Error('disk full')
      }
      const safe = safeLogger({ debug: fail, info: fail, warn: fail, error: async () => fail() })
      for (const level of ['debug', 'info', 'warn', 'error'] as const) safe[level]('m', {})
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })

  test('of pino gets its fields first, as pino wants them', () => {
    const logger = Object.assign(recording(), { [Symbol.for('pino.serializers')]: {} })
    safeLogger(logger).error('lost', { topic: 't' })
    safeLogger(logger).error('closed')
    expect(logger.calls).toEqual([
      ['error', { topic: 't' }, 'lost'],
      ['error', 'closed'],
    ])
  })
})

test('fields of a child go with each message; those of the message win', () => {
  const logger = recording()
  const child = withFields(withFields(logger, { client: 'consumer', groupId: 'g' }), { topic: 't' })
  child.info('a')
  child.info('b', { topic: 'u', partition: 1 })
  expect(logger.calls).toEqual([
    ['info', 'a', { client: 'consumer', groupId: 'g', topic: 't' }],
    ['info', 'b', { client: 'consumer', groupId: 'g', topic: 'u', partition: 1 }],
  ])
})
