import { expect, test } from 'vitest'
import { isBefore } from './version.ts'

test('versions are compared by their numbers, not as text', () => {
  for (const [older, newer] of [
    ['2.8.2', '3.9.0'],
    ['3.9.0', '3.10.0'],
    ['3.9.1', '3.9.2'],
    ['4.4', '4.4.1'],
  ] as const) {
    expect([older, newer, isBefore(older, newer)]).toEqual([older, newer, true])
    expect([newer, older, isBefore(newer, older)]).toEqual([newer, older, false])
  }
})

test('a version comes not before itself, with a suffix neither', () => {
  expect([isBefore('3.9.0', '3.9.0'), isBefore('3.9.0-rc1', '3.9.0'), isBefore('3.9', '3.9.0')]).toEqual([
    false,
    false,
    false,
  ])
})
