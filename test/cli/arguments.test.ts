import { describe, expect, it, vi } from 'vitest'
import { optionsOf, splitConfig } from '../../src/cli/arguments.ts'
import { counted, field, notes } from '../../src/cli/output.ts'

describe('--config', () => {
  it('gives Kafka what is its own and the defaults of its clients, and the client the rest', () => {
    const { kafka, client } = splitConfig(['clientId=me', 'requestTimeoutMs=5', 'tls=true', 'lingerMs=7'], {})
    expect(kafka).toEqual({ clientId: 'me', requestTimeoutMs: 5, tls: true })
    expect(client).toEqual([['lingerMs', '7']])
  })

  it('reads JSON where it is, and text where it is not', () => {
    const texts = ['5', '"5"', 'true', '["range"]', 'all', '1=2', '', '007']
    expect(texts.map((text) => optionsOf([['x', text]])['x'])).toEqual([
      ...[5, '5', true, ['range'], 'all', '1=2', '', '007'],
    ])
  })

  it("keeps the texts of a topic's configs as they are", () => {
    expect(splitConfig(['retention.ms=060', 'min.cleanable.dirty.ratio=1.0'], {}).client).toEqual([
      ['retention.ms', '060'],
      ['min.cleanable.dirty.ratio', '1.0'],
    ])
  })
})

describe('notes', () => {
  it('tell each warning once, in one line, without the facts beside it', () => {
    const said = collectStandardError(() => {
      const logger = notes()
      for (const _ of [1, 2]) logger.warn('not reached:\n  refused', { error: new Error('stack') })
      logger.warn('another')
      logger.info('nobody asked')
      logger.error('broken')
    })
    expect(said).toEqual(['warning: not reached: refused\n', 'warning: another\n', 'error: broken\n'])
  })

  it('tell what is of interest only when asked, each time', () => {
    const said = collectStandardError(() => {
      const logger = notes({ info: true })
      for (const _ of [1, 2]) logger.info('committed')
    })
    expect(said).toEqual(['committed\n', 'committed\n'])
  })
})

describe('output', () => {
  it('counts in words', () => {
    expect([0, 1, 2].map((count) => counted(count, 'record'))).toEqual(['0 records', '1 record', '2 records'])
  })

  it('keeps a record in its line, whatever its bytes are', () => {
    expect(field(Buffer.from('a\tb\nc\\d\u001b'))).toBe('a\\tb\\nc\\\\d\\x1b')
    expect(field(Buffer.from([0xff, 0x00]))).toBe('0xff00')
    expect([field(null), field(5)]).toEqual(['null', '5'])
  })
})

function collectStandardError(run: () => void): string[] {
  const said: string[] = []
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  try {
    run()
  } finally {
    write.mockRestore()
  }
  return said
}
