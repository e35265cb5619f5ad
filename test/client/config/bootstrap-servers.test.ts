import { expect, test } from 'vitest'
import { kafkaOptions } from '../../../src/client/config/validate.ts'

const read = (bootstrapServers: unknown) => kafkaOptions({ bootstrapServers }).bootstrapServers

test.each<[given: unknown, addresses: [string, number][]]>([
  ['b1:9092', [['b1', 9092]]],
  [
    'b1:9092, b2:9093',
    [
      ['b1', 9092],
      ['b2', 9093],
    ],
  ],
  [
    ['b1:9092', ' b2.example.com:1 '],
    [
      ['b1', 9092],
      ['b2.example.com', 1],
    ],
  ],
  ['127.0.0.1:65535', [['127.0.0.1', 65_535]]],
  [
    '[::1]:9092,b:1',
    [
      ['::1', 9092],
      ['b', 1],
    ],
  ],
  ['[fe80::1%eth0]:9092', [['fe80::1%eth0', 9092]]],
])('%o is read', (given, addresses) => {
  expect(read(given)).toEqual(addresses.map(([host, port]) => ({ host, port })))
})

test.each<[given: unknown, reason: string]>([
  ['', 'has an empty address'],
  [[], 'must name at least one broker'],
  ['b1:9092,', 'has an empty address'],
  ['b1', "'b1', which has no port: write b1:9092"],
  ['[::1]', "'[::1]', which has no port: write [::1]:9092"],
  ['::1', 'write an IPv6 address as [::1]:9092'],
  ['[b1]:9092', "'b1' is not an IPv6 address"],
  ['b1:http', "'b1:http', whose port is not a number"],
  ['b1:', 'whose port is not a number'],
  ['b1:0', 'not between 1 and 65535'],
  ['b1:65536', 'not between 1 and 65535'],
  [':9092', 'which has no host'],
  ['b1:9092;b2:9092', 'whose port is not a number'],
  ['b 1:9092', 'which is not host:port'],
  ['b1/x:9092', 'which is not host:port'],
  ['kafka://b1:9092', "leave the part up to '://' out"],
  [['b1:9092,b2:9092'], 'give each as an entry of its own'],
  [['b1:9092', 7], 'has 7 among its addresses'],
  [7, 'must be'],
  [{ host: 'b1' }, 'not an object'],
])('%o is refused: %s', (given, reason) => {
  expect(() => read(given)).toThrow(reason)
})

test('S4: a password before an @ is not shown', () => {
  expect(() => read('kafka://me:hunter2@b1:9092')).toThrow(/^(?!.*hunter2).*'@'/)
  expect(() => read('me:hunter2@b1:9092')).toThrow(/^(?!.*hunter2).*'@'/)
})
