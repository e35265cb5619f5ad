import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { BrokerError } from '../../src/errors.ts'
import { allErrorCodes, brokerError, errorByCode, errorByName } from '../../src/protocol/error-codes.ts'
import { javaProgram, runJava } from '../support/brokers/java.ts'

test('codes, names and what is retriable are those of kafka-clients 4.4.0', async () => {
  const program = await javaProgram(
    fileURLToPath(new URL('../interop/java/ErrorCodes.java', import.meta.url)),
  )
  const { stdout } = await runJava(program, [])
  const theirs = stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [code, name, retriable] = line.split('\t')
      return { code: Number(code), name, retriable: retriable === 'true' }
    })
  expect(theirs.length).toBeGreaterThan(130)
  expect(allErrorCodes().map(({ code, name, retriable }) => ({ code, name, retriable }))).toEqual(theirs)
})

test('a code is found by number and by name', () => {
  expect(errorByCode(16)).toBe(errorByName('NOT_COORDINATOR'))
  expect(errorByCode(0).name).toBe('NONE')
  expect(errorByCode(-1).name).toBe('UNKNOWN_SERVER_ERROR')
})

test('a code that is not known keeps its number and is not retriable', () => {
  expect(errorByCode(1234)).toMatchObject({ code: 1234, name: 'UNKNOWN_SERVER_ERROR', retriable: false })
  const error = brokerError(1234)
  expect(error).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', errorCode: 1234 })
  expect(error.message).toContain('1234')
})

test('a broker error names what was asked, of whom, about what, and what the broker said', () => {
  const context = { api: 'Produce', broker: 'b1:9092', topic: 'orders', partition: 3 }
  const error = brokerError(19, context, 'too few')
  expect(error).toBeInstanceOf(BrokerError)
  expect(error).toMatchObject({ code: 'NOT_ENOUGH_REPLICAS', errorCode: 19, retriable: true, ...context })
  for (const part of ['Produce', 'b1:9092', 'orders', 'partition 3', 'min.insync.replicas', 'too few']) {
    expect(error.message).toContain(part)
  }
  // Read as `code: message`, it says the code once.
  expect(error.message).not.toContain(error.code)
})

test("the caller's word on whether a retry helps stands above the table's", () => {
  expect(brokerError(7, { retriable: false }).retriable).toBe(false)
  expect(brokerError(7, { fatal: true })).toMatchObject({ retriable: true, fatal: true })
})
