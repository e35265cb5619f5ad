import { expect, test } from 'vitest'
import { serde } from '../../src/client/serde.ts'
import { isTopic, topic, topicNameOf, topicNameProblem } from '../../src/client/topic.ts'
import { isKafkaError } from '../../src/errors.ts'

test('a topic carries its name and serdes; what is left out is bytes', () => {
  const orders = topic('orders', { key: serde.string })
  expect(orders).toMatchObject({ name: 'orders', key: serde.string, value: serde.bytes })
  expect(isTopic(orders)).toBe(true)
  expect([topicNameOf(orders), topicNameOf('x')]).toEqual(['orders', 'x'])
})

test('an object that looks like a topic is none', () => {
  for (const value of [{ name: 'orders' }, 'orders', null, undefined, /x/]) expect(isTopic(value)).toBe(false)
})

test.each(['a', 'A.b_c-9', '...', '_', 'x'.repeat(249), '__consumer_offsets'])('%s is a name', (name) => {
  expect(topicNameProblem(name)).toBeUndefined()
})

test.each<[name: unknown, problem: string]>([
  ['', 'must not be empty'],
  ['.', "cannot be named '.'"],
  ['..', "cannot be named '..'"],
  ['x'.repeat(250), 'has 250'],
  ['a b', '" " in it'],
  ['a/b', '"/" in it'],
  ['café', '"é" in it'],
  ['a\n', '"\\n" in it'],
  [7, 'not number'],
  [null, 'not null'],
])('%o is refused as Kafka does: %s', (name, problem) => {
  expect(topicNameProblem(name)).toContain(problem)
  expect(() => topic(name as string)).toThrow(problem)
})

test('serdes that convert one way only, and options that are none, are refused', () => {
  const refusals = [
    () => topic('t', { value: { serialize: () => 'x' } as never }),
    () => topic('t', { key: 'string' as never }),
    () => topic('t', { keys: serde.string } as never),
  ]
  for (const refusal of refusals) {
    try {
      refusal()
      expect.unreachable()
    } catch (error) {
      expect(isKafkaError(error, 'INVALID_ARGUMENT')).toBe(true)
    }
  }
})
