// What the codecs are tried on.

import { randomBytes } from 'node:crypto'

/** Of every kind: text, noise, runs, short patterns, and noise with repetitions far apart. */
export const inputs: readonly (readonly [string, Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['less than a match', Buffer.from('abcabcabcab')],
  ['a run', Buffer.alloc(300_000, 7)],
  ['noise', randomBytes(200_000)],
  [
    'text',
    Buffer.from(Array.from({ length: 20_000 }, (_, i) => `{"id":${i},"name":"n${i % 97}"}`).join('\n')),
  ],
  [
    'patterns',
    Buffer.concat(Array.from({ length: 700 }, (_, i) => Buffer.alloc(i, Buffer.from(`p${i % 7}`)))),
  ],
  ['far repetitions', Buffer.alloc(400_000, randomBytes(40_000))],
  ['at a block end', Buffer.alloc(65_536, 'block ')],
  ['one beyond a block end', Buffer.alloc(65_537, 'block ')],
]
