// What the client has to say goes to a logger of four methods; console, pino and winston fit as they are.

/** Facts beside a message: topic, partition, broker, error … Never secrets, never what is in a record (S4). */
export type LogFields = { readonly [name: string]: unknown }

/** A logger. `debug` tells every step, `info` tells rebalances, `warn` and `error` what someone should look at. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** The levels, from the quietest reason to speak to the loudest. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

/** The logger of clients that are given none: warnings and errors to the console. */
export const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => writeToConsole('warn', message, fields),
  error: (message, fields) => writeToConsole('error', message, fields),
}

/**
 * The given logger, made safe to call from anywhere: what it throws, and promises of its that reject, are dropped,
 * for a failing log must not fail a send. pino takes its fields first: it gets them so.
 */
export function safeLogger(logger: Logger): Logger {
  if (SAFE in logger) return logger
  const fieldsFirst = PINO in logger
  const call = (level: LogLevel, message: string, fields: LogFields | undefined): void => {
    try {
      const answer: unknown =
        fields === undefined
          ? logger[level](message)
          : fieldsFirst
            ? (logger as unknown as PinoLogger)[level](fields, message)
            : logger[level](message, fields)
      if (answer instanceof Promise) answer.catch(() => {})
    } catch {}
  }
  return mark(call)
}

/** A logger that adds `fields` to each message; those of the message itself win. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const safe = safeLogger(logger)
  return mark((level, message, more) =>
    safe[level](message, more === undefined ? fields : { ...fields, ...more }),
  )
}

/** A logger whose messages all begin with `prefix`. */
export function withPrefix(logger: Logger, prefix: string): Logger {
  const safe = safeLogger(logger)
  return mark((level, message, fields) => safe[level](prefix + message, fields))
}

/** The methods that `value` lacks to be a {@link Logger}. */
export function missingLoggerMethods(value: unknown): readonly LogLevel[] {
  if (typeof value !== 'object' && typeof value !== 'function') return LEVELS
  if (value === null) return LEVELS
  return LEVELS.filter((level) => typeof (value as Record<string, unknown>)[level] !== 'function')
}

// ---- helpers

const SAFE = Symbol('ottla.safeLogger')

/** A symbol that pino registers for everyone and puts on each of its loggers. */
const PINO = Symbol.for('pino.serializers')

type PinoLogger = Record<LogLevel, (fields: LogFields, message: string) => unknown>

function mark(call: (level: LogLevel, message: string, fields: LogFields | undefined) => void): Logger {
  const logger: Logger & { readonly [SAFE]: true } = {
    [SAFE]: true,
    debug: (message, fields) => call('debug', message, fields),
    info: (message, fields) => call('info', message, fields),
    warn: (message, fields) => call('warn', message, fields),
    error: (message, fields) => call('error', message, fields),
  }
  return logger
}

function writeToConsole(level: 'warn' | 'error', message: string, fields: LogFields | undefined): void {
  if (fields === undefined) console[level](`[ottla] ${message}`)
  else console[level](`[ottla] ${message}`, fields)
}
