// Every error a user can meet. A leaf: it imports nothing, and every room may import it.
//
// A caller branches on `code` (a literal), or on one of the few subclasses. `retriable` says that the same call
// may succeed later; inside the client such errors are retried to a deadline, so what reaches a user is final.

/** Codes of errors that arise on our side of the socket. Errors a broker answered carry Kafka's own name. */
export type ClientErrorCode =
  | 'ABORTED'
  | 'AUTHENTICATION_FAILED'
  | 'BATCH_FAILED'
  | 'BUFFER_FULL'
  | 'CLOSED'
  | 'COMMIT_FAILED'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_FAILED'
  | 'CORRUPT_RECORD'
  | 'DELIVERY_TIMEOUT'
  | 'DESERIALIZATION_FAILED'
  | 'FENCED'
  | 'INVALID_ARGUMENT'
  | 'INVALID_ASSIGNMENT'
  | 'INVALID_CONFIG'
  | 'INVALID_STATE'
  | 'LOG_TRUNCATED'
  | 'NO_OFFSET_FOR_PARTITION'
  | 'NOT_ASSIGNED'
  | 'OFFSET_OUT_OF_RANGE'
  | 'PARTIAL_FAILURE'
  | 'PROTOCOL_ERROR'
  | 'RECORD_TOO_LARGE'
  | 'SERIALIZATION_FAILED'
  | 'TIMEOUT'
  | 'UNKNOWN_PARTITION'
  | 'UNKNOWN_TOPIC'
  | 'UNSUPPORTED_COMPRESSION'
  | 'UNSUPPORTED_VERSION'

/** What an error knows about where it happened. Never secrets, never record contents. */
export interface ErrorContext {
  /** `host:port`, or `host:port (id n)` once the node is known. */
  readonly broker?: string | undefined
  /** The API asked, by Kafka's name (`Produce`). */
  readonly api?: string | undefined
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly offset?: number | undefined
  readonly groupId?: string | undefined
  readonly cause?: unknown
  /** The same call may succeed later. */
  readonly retriable?: boolean
  /** The client object is finished: make a new one. */
  readonly fatal?: boolean
  /** The open transaction must be aborted; the producer goes on. */
  readonly abortable?: boolean
}

const BRAND: unique symbol = Symbol.for('ottla.KafkaError')

/** The root of all errors thrown here. Recognise it with {@link isKafkaError}, which also works across copies. */
export class KafkaError<Code extends string = string> extends Error {
  readonly code: Code
  readonly retriable: boolean
  readonly fatal: boolean
  readonly abortable: boolean
  declare readonly broker?: string
  declare readonly api?: string
  declare readonly topic?: string
  declare readonly partition?: number
  declare readonly offset?: number
  declare readonly groupId?: string
  readonly [BRAND] = true

  constructor(code: Code, message: string, context: ErrorContext = {}) {
    super(message, 'cause' in context ? { cause: context.cause } : undefined)
    this.name = new.target.name
    this.code = code
    this.retriable = context.retriable ?? false
    this.fatal = context.fatal ?? false
    this.abortable = context.abortable ?? false
    for (const key of ['broker', 'api', 'topic', 'partition', 'offset', 'groupId'] as const) {
      if (context[key] !== undefined) Object.assign(this, { [key]: context[key] })
    }
  }
}

/** Bytes that are not what Kafka's protocol says they are, or a value that cannot be written as it says. */
export class ProtocolError extends KafkaError<'PROTOCOL_ERROR'> {
  constructor(message: string, context?: ErrorContext) {
    super('PROTOCOL_ERROR', message, context)
  }
}

/** A batch whose checksum, format or codec makes it unreadable. `offset` is where it starts. */
export class CorruptRecordError extends KafkaError<'CORRUPT_RECORD' | 'UNSUPPORTED_COMPRESSION'> {
  /** What is wrong, without where and without advice. */
  readonly reason: string
  constructor(
    message: string,
    context?: ErrorContext,
    code: 'CORRUPT_RECORD' | 'UNSUPPORTED_COMPRESSION' = 'CORRUPT_RECORD',
    reason = message,
  ) {
    super(code, message, context)
    this.reason = reason
  }
}

/** The broker answered with an error code; `code` is Kafka's name for it, `errorCode` its number. */
export class BrokerError<Code extends string = string> extends KafkaError<Code> {
  readonly errorCode: number
  constructor(code: Code, errorCode: number, message: string, context?: ErrorContext) {
    super(code, message, context)
    this.errorCode = errorCode
  }
}

/** A deadline passed: a request's, a call's (`maxBlockMs`, `defaultApiTimeoutMs`) or a record's (`deliveryTimeoutMs`). */
export class TimeoutError extends KafkaError<'TIMEOUT' | 'DELIVERY_TIMEOUT'> {
  constructor(message: string, context?: ErrorContext, code: 'TIMEOUT' | 'DELIVERY_TIMEOUT' = 'TIMEOUT') {
    super(code, message, { retriable: true, ...context })
  }
}

/** No connection could be made, or one ended with requests outstanding. */
export class ConnectionError extends KafkaError<'CONNECTION_FAILED' | 'CONNECTION_CLOSED'> {
  constructor(code: 'CONNECTION_FAILED' | 'CONNECTION_CLOSED', message: string, context?: ErrorContext) {
    super(code, message, { retriable: true, ...context })
  }
}

/** The broker refused who we are. */
export class AuthenticationError extends KafkaError<'AUTHENTICATION_FAILED'> {
  constructor(message: string, context?: ErrorContext) {
    super('AUTHENTICATION_FAILED', message, { fatal: true, ...context })
  }
}

/** No version of an API that the call's meaning allows is known to both sides. */
export class UnsupportedVersionError extends KafkaError<'UNSUPPORTED_VERSION'> {
  constructor(message: string, context?: ErrorContext) {
    super('UNSUPPORTED_VERSION', message, context)
  }
}

/** An option that is unknown, of the wrong type, out of range, or in conflict with another. */
export class ConfigurationError extends KafkaError<'INVALID_CONFIG'> {
  /** The option's name, where one is to blame. */
  readonly option: string | undefined
  constructor(message: string, option?: string, context?: ErrorContext) {
    super('INVALID_CONFIG', message, context)
    this.option = option
  }
}

/** A record's key or value could not be decoded by the serde given for its topic. */
export class DeserializationError extends KafkaError<'DESERIALIZATION_FAILED'> {
  readonly part: 'key' | 'value'
  constructor(part: 'key' | 'value', message: string, context?: ErrorContext) {
    super('DESERIALIZATION_FAILED', message, context)
    this.part = part
  }
}

/** Another client took over this one's identity (`groupInstanceId`, `transactionalId`). */
export class FencedError extends KafkaError<'FENCED'> {
  constructor(message: string, context?: ErrorContext) {
    super('FENCED', message, { fatal: true, ...context })
  }
}

/** Offsets were not committed because the partitions are no longer this member's. */
export class CommitFailedError extends KafkaError<'COMMIT_FAILED'> {
  constructor(message: string, context?: ErrorContext) {
    super('COMMIT_FAILED', message, context)
  }
}

/** An assignor's answer breaks the rules: it says which assignor, and where one is to blame which member and partition. */
export class AssignmentError extends KafkaError<'INVALID_ASSIGNMENT'> {
  readonly assignor: string
  readonly memberId: string | undefined
  constructor(assignor: string, memberId: string | undefined, message: string, context?: ErrorContext) {
    super('INVALID_ASSIGNMENT', message, context)
    this.assignor = assignor
    this.memberId = memberId
  }
}

/**
 * Some items of one call failed, others succeeded: each is told apart, by the name it was asked under. A call for a
 * single item rejects with that item's own error instead.
 */
export class PartialFailureError<Result = unknown> extends KafkaError<'PARTIAL_FAILURE'> {
  readonly results: ReadonlyMap<string, Result>
  readonly errors: ReadonlyMap<string, KafkaError>
  constructor(what: string, results: ReadonlyMap<string, Result>, errors: ReadonlyMap<string, KafkaError>) {
    const failures = [...errors].map(([item, error]) => `${item}: ${quoted(error)}`).join('; ')
    super(
      'PARTIAL_FAILURE',
      `${what} failed for ${errors.size} of ${errors.size + results.size}: ${failures}`,
    )
    this.results = results
    this.errors = errors
  }
}

/**
 * Some records of `sendMany` were not written. `report` tells of every one: where it was written, or why not.
 */
export class BatchError<Report extends BatchReport = BatchReport> extends KafkaError<'BATCH_FAILED'> {
  readonly report: Report
  constructor(report: Report) {
    const { length, failed } = report
    const first = failed[0]
    const because = first === undefined ? '' : `; the first, at index ${first.index}: ${quoted(first.error)}`
    super('BATCH_FAILED', `${failed.length} of ${length} records were not written${because}`, {
      cause: first?.error,
    })
    this.report = report
  }
}

/** In another error's message, where its code would else not be seen. */
function quoted({ code, message }: KafkaError): string {
  return `${message} (${code})`
}

/** What {@link BatchError} needs of a report. */
export interface BatchReport {
  readonly length: number
  readonly failed: readonly { readonly index: number; readonly error: KafkaError }[]
}

/**
 * Is this an error of ours (of any copy of the package), and, when `code` is given, that one?
 *
 * @example if (isKafkaError(error, 'TIMEOUT')) …
 */
export function isKafkaError<Code extends string = string>(
  error: unknown,
  code?: Code,
): error is KafkaError<Code> {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || (error as KafkaError).code === code
}
