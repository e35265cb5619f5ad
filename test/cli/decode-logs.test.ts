import { copyFileSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reportTo } from '../../src/cli/decode/report.ts'
import { decodeSegment } from '../../src/cli/decode/segment.ts'
import { BatchBuilder, type ByteSource } from '../../src/protocol/index.ts'
import { batchOf, NOW, offsetIndex, timeIndex } from '../protocol/segments/segment-files.ts'
import { decoded, decodedJson, goldenPath, type TemporaryFolder, temporaryFolder } from './decoding.ts'

const NAME = '00000000000000000000'
const HEADING =
  'POSITION  OFFSETS          RECORDS     BYTES  CODEC   TIME                             PRODUCER  SEQUENCES    EPOCH  CRC'

let folder: TemporaryFolder
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

describe('ottla decode of a log segment', () => {
  const FIRST = [
    HEADING,
    '       0  0–2                    3       113  none    2023-11-14T22:13:20.000Z +2ms    0/0       0–2              0  ok',
    '     113  3–5                    3       133  gzip    2023-11-14T22:13:20.010Z +2ms    1/0       0–2              0  ok',
    '     246  6–8                    3       137  snappy  2023-11-14T22:13:20.020Z +2ms    2/0       0–2              0  ok',
    '     383  9–11                   3       127  lz4     2023-11-14T22:13:20.030Z +2ms    3/0       0–2              0  ok',
    '     510  12–14                  3       122  zstd    2023-11-14T22:13:20.040Z +2ms    4/0       0–2              0  ok',
    '     632  15                     1        84  none    2023-11-14T22:13:20.100Z         5/0       0                0  ok   transactional',
    '6 batches, 16 records, offsets 0–15, 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:20.100Z',
  ]

  it('is a line for each batch', async () => {
    const { lines, error } = await decoded(goldenPath('ledger-0', `${NAME}.log`))
    expect(lines).toEqual(FIRST)
    expect(error).toBeUndefined()
  })

  it('has its records under their batches with --records', async () => {
    const { lines } = await decoded('--records', goldenPath('ledger-0', `${NAME}.log`))
    expect(lines.slice(1, 5)).toEqual([
      FIRST[1],
      '          0  2023-11-14T22:13:20.000Z  key=k-0  value=none 0',
      '          1  2023-11-14T22:13:20.001Z  key=null  value=0x00ff00  headers={ trace: t-0, none: null }',
      '          2  2023-11-14T22:13:20.002Z  key=k-2  value=null',
    ])
    expect(lines.filter((line) => line.includes('value=')).map((line) => line.trim().split(' ')[0])).toEqual(
      Array.from({ length: 16 }, (_, offset) => String(offset)),
    )
  })

  it('tells the ends of transactions', async () => {
    const { lines } = await decoded('--records', goldenPath('ledger-0', '00000000000000000016.log'))
    expect(lines[1]).toMatch(/ {2}ok {3}transactional, control$/)
    expect(lines[2]).toMatch(/^ {10}16 {2}\S+Z {2}control ABORT, coordinator epoch 0$/)
    expect(lines[6]).toMatch(/^ {10}18 {2}\S+Z {2}control COMMIT, coordinator epoch 0$/)
  })

  it('reads the coordinators’ own records where the folder says so, or --as', async () => {
    const path = goldenPath('__consumer_offsets-0', `${NAME}.log`)
    const { text } = await decoded('--records', path)
    expect(text).toMatch(
      /OffsetCommit\n +key: { group: "readers", topic: "ledger", partition: 0 }\n +value:\n +offset: 14\n +leaderEpoch: 0\n/,
    )
    expect(text).toMatch(/commitTimestamp: (\d+) \(\d{4}-\d\d-\d\dT\S+Z\)\n/)
    expect(text).toMatch(/subscription: ConsumerProtocolSubscription v3, 28 bytes\n +topics: \["ledger"\]\n/)
    expect(text).toMatch(/assignment: ConsumerProtocolAssignment v0, 26 bytes\n/)
    const elsewhere = folder.write('copy.log', readFileSync(path))
    expect((await decoded('--records', elsewhere)).text).not.toContain('OffsetCommit')
    expect((await decoded('--records', '--as', 'consumer-offsets', elsewhere)).text).toBe(text)
  })

  it('leaves records of types that it does not know as they are, and tells of keys that are no more', async () => {
    const builder = new BatchBuilder({ maxBytes: 10_000 })
    builder.tryAppend(Buffer.from([0, 99, 1]), 'new', [], NOW)
    builder.tryAppend(Buffer.from([0, 2, 0, 1, 0x67]), null, [], NOW)
    const path = folder.write(`__consumer_offsets-3/${NAME}.log`, builder.seal({ baseOffset: 0 }).bytes)
    const { lines } = await decoded('--records', path)
    expect(lines.slice(2, 5).map((line) => line.trim())).toEqual([
      '0  2023-11-14T22:13:20.000Z  key=0x006301  value=new',
      '1  2023-11-14T22:13:20.000Z  GroupMetadata, no more',
      'key: { group: "g" }',
    ])
  })

  it('is the same given as hex, and from a file of another name with --as', async () => {
    const bytes = readFileSync(goldenPath('ledger-0', `${NAME}.log`))
    expect((await decoded('--as', 'log', bytes.toString('hex'))).lines).toEqual(FIRST)
    expect((await decoded('--as', 'log', folder.write('copy', bytes))).lines).toEqual(FIRST)
    expect((await decoded('--as', 'log', folder.write('copy.hex', bytes.toString('hex')))).lines).toEqual(
      FIRST,
    )
    for (const name of [`${NAME}.log.deleted`, `${NAME}.log.cleaned`, `${NAME}-0000000000.checkpoint`]) {
      expect((await decoded(folder.write(name, bytes))).lines).toEqual(FIRST)
    }
  })

  it('keeps keys and values apart from what they might be taken for', async () => {
    const values = [
      '',
      'null',
      '0xff',
      ' padded ',
      'two  blanks',
      '"quoted"',
      'a\\b\n',
      '\u001b[31m',
      'plain text',
      '{"a":1}',
    ]
    const builder = new BatchBuilder({ maxBytes: 10_000 })
    for (const value of values) builder.tryAppend(null, value, [], -1)
    const { lines } = await decoded(
      '--records',
      folder.write(`${NAME}.log`, builder.seal({ baseOffset: 0 }).bytes),
    )
    expect(lines.slice(2, -1).map((line) => line.replace(/^.*value=/, ''))).toEqual([
      '""',
      '"null"',
      '"0xff"',
      '" padded "',
      '"two  blanks"',
      '"\\"quoted\\""',
      '"a\\\\b\\n"',
      '0x1b5b33316d',
      'plain text',
      '{"a":1}',
    ])
  })

  it('is a line of JSON for each batch and record with --json', async () => {
    const { documents } = await decodedJson('--records', goldenPath('ledger-0', `${NAME}.log`))
    expect(documents[0]).toEqual({
      type: 'batch',
      position: 0,
      baseOffset: 0,
      lastOffset: 2,
      count: 3,
      baseSequence: 0,
      lastSequence: 2,
      producerId: '0',
      producerEpoch: 0,
      partitionLeaderEpoch: 0,
      isTransactional: false,
      isControl: false,
      deleteHorizonMs: null,
      timestampType: 'CreateTime',
      baseTimestamp: 1_700_000_000_000,
      maxTimestamp: 1_700_000_000_002,
      sizeBytes: 113,
      magic: 2,
      compression: 'none',
      crc: documents[0].crc,
      isValid: true,
    })
    expect(documents[2]).toEqual({
      type: 'record',
      offset: 1,
      timestamp: 1_700_000_000_001,
      key: null,
      value: 'AP8A',
      headers: [
        ['trace', 'dC0w'],
        ['none', null],
      ],
    })
    expect(documents.map(({ type }) => type).join(' ')).toBe(
      `${'batch record record record '.repeat(5)}batch record`,
    )
    const control = await decodedJson('--records', goldenPath('ledger-0', '00000000000000000016.log'))
    expect(control.documents[1].control).toEqual({ type: 'ABORT', typeId: 0, coordinatorEpoch: 0 })
    const internal = await decodedJson('--records', goldenPath('__consumer_offsets-0', `${NAME}.log`))
    expect(internal.documents[7].decoded).toMatchObject({
      type: 'OffsetCommit',
      key: { group: 'readers' },
      value: { offset: 14 },
    })
  })

  it('reads message sets of magic 0 and 1, and counts the records in compressed ones', async () => {
    const golden: { name: string; bytes: string; lines: string[] }[] = JSON.parse(
      readFileSync(new URL('../protocol/records/golden.json', import.meta.url), 'utf8'),
    )
    for (const { name, bytes, lines: java } of golden.filter(({ name }) => /^magic [01]/.test(name))) {
      const path = folder.write(`old-0/${NAME}.log`, Buffer.from(bytes, 'base64'))
      const { documents, error } = await decodedJson('--records', path)
      expect([name, error]).toEqual([name, undefined])
      const records = documents.filter(({ type }) => type === 'record')
      const theirs = java.filter((line) => line.startsWith('record')).map((line) => line.split('\t'))
      expect(records.map(({ offset, timestamp }) => [String(offset), String(timestamp)])).toEqual(
        theirs.map(([, offset, timestamp]) => [offset, timestamp]),
      )
      const batches = documents.filter(({ type }) => type === 'batch')
      expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(records.length)
      const { lines } = await decoded(path)
      expect(lines[1]).toMatch(new RegExp(`magic ${name[6]}$`))
      expect(lines.at(-1)).toContain(`${records.length} records`)
    }
  })

  it('is read and printed in pieces, whatever its size', async () => {
    const batch = batchOf(0, 200, 200)
    const count = 500
    let largestRead = 0
    const source: ByteSource = {
      sizeBytes: batch.length * count,
      async read(position, length) {
        largestRead = Math.max(largestRead, length)
        const bytes = Buffer.alloc(length)
        for (let at = position; at < position + length; at++) bytes[at - position] = byteAt(at)
        return bytes
      },
    }
    const byteAt = (at: number) => {
      const [index, within] = [Math.floor(at / batch.length), at % batch.length]
      // Offsets go on from batch to batch: they are not under the checksum.
      return within < 8 ? Number((BigInt(index * 200) >> BigInt(8 * (7 - within))) & 0xffn) : batch[within]!
    }
    let [largestWrite, records] = [0, 0]
    const output = {
      async write(text: string) {
        largestWrite = Math.max(largestWrite, text.length)
        records += text.split('key=').length - 1
      },
      async flush() {},
    }
    const options = { json: false, full: false, records: true, internal: undefined }
    const report = reportTo(output, options)
    await decodeSegment(source, undefined, options, report)
    expect(report.summary()).toBeUndefined()
    expect(records).toBe(200 * count)
    expect(largestRead).toBeLessThanOrEqual(256 * 1024)
    expect(largestWrite).toBeLessThan(64 * 1024)
  })
})

describe('ottla decode of a damaged log segment', () => {
  const golden = readFileSync(goldenPath('ledger-0', `${NAME}.log`))
  const changed = (at: number, byte: number) => {
    const bytes = Buffer.from(golden)
    bytes[at] = byte
    return bytes
  }

  const CASES: readonly (readonly [what: string, bytes: Buffer, says: string, batches: number])[] = [
    [
      'that the end of the file cuts',
      golden.subarray(0, 700),
      'position 632: a batch of 84 bytes begins, but 68 are left; reading ends here, 68 bytes before the end of the file',
      5,
    ],
    [
      'with zeros at its end',
      Buffer.concat([golden, Buffer.alloc(50)]),
      'position 716: zeros up to the end; reading ends here, 50 bytes before the end of the file',
      6,
    ],
    ['with a changed byte in a batch', changed(300, 0xee), 'position 246: its checksum is 0x', 6],
    [
      'with a batch of an unknown format',
      changed(113 + 16, 9),
      'position 113: its format (magic 9) is none that is known; reading goes on at position 246, 133 bytes further',
      5,
    ],
    [
      'with offsets that go back',
      Buffer.concat([golden, golden.subarray(0, 113)]),
      'position 716: its offset 0 is not above 15, the last before it',
      7,
    ],
  ]

  it.each(CASES)(
    '%s: tells where, shows the rest, ends with an error',
    async (_what, bytes, says, batches) => {
      const path = folder.write(`ledger-0/${NAME}.log`, bytes)
      const { lines, error } = await decoded(path)
      const problem = lines.find((line) => line.startsWith('! '))
      expect(problem?.slice(2)).toMatch(says.slice(0, 30))
      expect(problem?.slice(2, 2 + says.length)).toBe(says)
      expect(lines.at(-1)).toMatch(new RegExp(`^${batches} batches, `))
      expect(error).toBe(`${path}: 1 problem, at position ${/\d+/.exec(says)![0]}`)
      const { documents } = await decodedJson(path)
      expect(documents.filter(({ type }) => type === 'problem')).toMatchObject([
        {
          position: Number(/\d+/.exec(says)![0]),
          message: expect.stringContaining(says.replace(/^position \d+: /, '')),
        },
      ])
    },
  )

  it('with offsets below that of its name: tells it', async () => {
    const { lines } = await decoded(folder.write('00000000000000000005.log', golden))
    expect(lines[2]).toBe("! position 0: its offset 0 is below 5, that of the file's name")
  })

  it('shows the records of a batch with a wrong checksum as far as they can be read', async () => {
    const path = folder.write(`${NAME}.log`, changed(61 + 10, 0x7a))
    const { lines, error } = await decoded('--records', path)
    expect(lines[1]).toMatch(/ {2}WRONG$/)
    expect(lines[2]).toMatch(/^! position 0: its checksum is/)
    expect(lines.slice(3, 5).map((line) => line.trim().split(' ')[0])).toEqual(['0', '1'])
    expect(error).toContain('1 problem, at position 0')
    const unreadable = await decoded('--records', folder.write('x.log', changed(113 + 61, 0)))
    expect(unreadable.lines.some((line) => /^ +! its gzip bytes cannot be decompressed/.test(line))).toBe(
      true,
    )
    expect(unreadable.error).toContain('2 problems, the first at position 113')
  })
})

describe('ottla decode of an offset index', () => {
  it('is its offsets and positions, compared with the log beside it', async () => {
    expect(await decoded(goldenPath('ledger-0', `${NAME}.index`))).toEqual({
      text: `      OFFSET      POSITION
           5           113
           8           246
          11           383
          14           510
          15           632
5 entries
`,
      lines: expect.any(Array),
      error: undefined,
    })
    const { lines } = await decoded(goldenPath('ledger-0', '00000000000000000016.index'))
    expect(lines.slice(1)).toEqual(['          17            78', '          18           163', '2 entries'])
  })

  it('ends where nothing is written yet', async () => {
    const bytes = Buffer.concat([offsetIndex([5, 113]), Buffer.alloc(8000)])
    const { lines } = await decoded(folder.write(`${NAME}.index`, bytes))
    expect(lines.slice(1)).toEqual([
      '           5           113',
      '1 entry, 8000 bytes behind the last one not read',
      'not compared with its log, which is not beside it',
    ])
  })

  it('that does not fit its log: is told entry for entry', async () => {
    copyFileSync(goldenPath('ledger-0', `${NAME}.log`), folder.path(`${NAME}.log`))
    const path = folder.write(`${NAME}.index`, offsetIndex([4, 113], [8, 247], [11, 383]))
    const { lines, error } = await decoded(path)
    expect(lines.filter((line) => line.startsWith('!'))).toEqual([
      "! the log's batch at position 113 ends with offset 5, not 4",
      '! the log has no batch at position 247',
    ])
    expect(error).toBe(`${path}: 2 problems`)
  })

  it('with entries that cannot be: shows those before', async () => {
    const { lines, error } = await decoded(folder.write(`${NAME}.index`, offsetIndex([5, 113], [4, 200])))
    expect(lines.slice(1)).toEqual([
      '           5           113',
      '! entry 1: offset 4 at 200 follows offset 5 at 113; reading ends here',
      'not compared with its log, which is not beside it',
    ])
    expect(error).toContain('1 problem')
  })

  it('whose name has no base offset: is told from 0 on', async () => {
    const { lines } = await decoded(folder.write('copy.index', offsetIndex([5, 113])))
    expect(lines[0]).toBe('no base offset in the name: offsets are told from 0 on')
  })

  it('is a line of JSON for each entry', async () => {
    const { documents } = await decodedJson(goldenPath('ledger-0', '00000000000000000016.index'))
    expect(documents).toEqual([
      { type: 'index', offset: 17, position: 78 },
      { type: 'index', offset: 18, position: 163 },
    ])
  })
})

describe('ottla decode of a time index', () => {
  it('is its times and offsets, compared with the log beside it', async () => {
    const { lines, error } = await decoded(goldenPath('ledger-0', `${NAME}.timeindex`))
    expect(lines).toEqual([
      'TIME                           TIMESTAMP        OFFSET',
      '2023-11-14T22:13:20.012Z   1700000000012             5',
      '2023-11-14T22:13:20.022Z   1700000000022             8',
      '2023-11-14T22:13:20.032Z   1700000000032            11',
      '2023-11-14T22:13:20.042Z   1700000000042            14',
      '2023-11-14T22:13:20.100Z   1700000000100            15',
      '5 entries',
    ])
    expect(error).toBeUndefined()
  })

  it('that does not fit its log: is told entry for entry', async () => {
    copyFileSync(goldenPath('ledger-0', `${NAME}.log`), folder.path(`${NAME}.log`))
    const path = folder.write(`${NAME}.timeindex`, timeIndex([NOW + 12, 5], [NOW + 23, 8], [NOW + 200, 99]))
    const { lines, error } = await decoded(path)
    expect(lines.filter((line) => line.startsWith('!'))).toEqual([
      "! the latest time in the log's batch with offset 8 is 1700000000022, not 1700000000023",
      '! the log has no batch with offset 99',
    ])
    expect(error).toBe(`${path}: 2 problems`)
  })
})

describe('ottla decode of what a broker keeps of transactions and producers', () => {
  it('is the aborted transactions of a .txnindex', async () => {
    const { documents } = await decodedJson(goldenPath('ledger-0', '00000000000000000016.txnindex'))
    expect(documents).toEqual([
      { type: 'aborted-transaction', producerId: '5', firstOffset: 15, lastOffset: 16, lastStableOffset: 17 },
    ])
    const { lines } = await decoded(goldenPath('ledger-0', '00000000000000000016.txnindex'))
    expect(lines).toEqual([
      '  PRODUCER    FIRST OFFSET     LAST OFFSET  LAST STABLE OFFSET',
      '         5              15              16                  17',
      '1 entry',
    ])
  })

  it('is the producers of a .snapshot', async () => {
    const path = goldenPath('ledger-0', '00000000000000000016.snapshot')
    const { lines } = await decoded(path)
    expect(lines.slice(0, 2)).toEqual([
      '  PRODUCER  EPOCH  LAST SEQUENCE     LAST OFFSET  LAST TIME                 COORDINATOR EPOCH  OPEN TRANSACTION FROM',
      '         0      0              2               2  2023-11-14T22:13:20.002Z                  -                      -',
    ])
    expect(lines.at(-2)).toMatch(/^ {9}5 {6}0 .* 15$/)
    expect(lines.at(-1)).toBe('6 entries')
    const bytes = readFileSync(path)
    bytes[20]! ^= 1
    const damaged = await decoded(folder.write('x.snapshot', bytes))
    expect(damaged.lines.slice(1)).toEqual([
      expect.stringMatching(/^! its checksum is 0x\w+ but should be 0x\w+; /),
    ])
  })
})

describe('ottla decode of a partition’s folder', () => {
  it('is a table of its segments', async () => {
    const { lines, error } = await decoded(goldenPath('ledger-0'))
    expect(lines).toEqual([
      'ledger-0: 2 segments, 19 records, 957 bytes',
      'BASE OFFSET  LAST OFFSET  RECORDS  BATCHES  BYTES  FIRST TIME                LAST TIME',
      '          0           15       16        6    716  2023-11-14T22:13:20.000Z  2023-11-14T22:13:20.100Z',
      expect.stringMatching(/^ {9}16 {11}18 {8}3 {8}3 {4}241 {2}2023-11-14T22:13:20.200Z {2}20\d\d-\S+Z$/),
    ])
    expect(error).toBeUndefined()
    const { documents } = await decodedJson(goldenPath('ledger-0'))
    expect(documents[0]).toEqual({
      type: 'segment',
      file: `${NAME}.log`,
      baseOffset: 0,
      lastOffset: 15,
      records: 16,
      batches: 6,
      sizeBytes: 716,
      firstTimestamp: 1_700_000_000_000,
      lastTimestamp: 1_700_000_000_100,
      isDamaged: false,
    })
    expect(documents).toHaveLength(2)
  })

  it('tells which segments are damaged, and where; an empty one is none of them', async () => {
    folder.write(`t-0/${NAME}.log`, batchOf(0, 5))
    folder.write('t-0/00000000000000000005.log', batchOf(5, 5).subarray(0, 80))
    folder.write('t-0/00000000000000000010.log', '')
    folder.write('t-0/00000000000000000010.log.deleted', 'x')
    folder.write('t-0/leader-epoch-checkpoint', '0\n')
    const { lines, error } = await decoded(folder.path('t-0'))
    expect(lines.slice(2).map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      expect.stringMatching(/^0 4 5 1 \d+ 2023\S+Z 2023\S+Z$/),
      '5 - 0 0 80 - - damaged',
      '10 - 0 0 0 - -',
      expect.stringMatching(
        /^! 00000000000000000005.log, position 0: a batch of \d+ bytes begins, but 80 are left; reading ends/,
      ),
    ])
    expect(error).toBe(`${folder.path('t-0')}: 1 problem, at 00000000000000000005.log, position 0`)
  })

  it('without segments is an error, which knows a broker’s data folder when it sees one', async () => {
    folder.write(`data/orders-0/${NAME}.log`, '')
    expect((await decoded(folder.path('data'))).error).toBe(
      `${folder.path('data')}: there are no log segments in it (files as ${NAME}.log); it holds folders of partitions: give one of them, as ${folder.path('data/orders-0')}`,
    )
    folder.write('empty/x', '')
    expect((await decoded(folder.path('empty'))).error).toMatch(
      /no log segments in it \(files as \d{20}\.log\)$/,
    )
  })
})

describe('ottla decode of several files', () => {
  it('names each, goes on after one that cannot be read, and ends with an error', async () => {
    const names = ['index', 'log', 'timeindex'].map((kind) => goldenPath('ledger-0', `${NAME}.${kind}`))
    const { lines, error } = await decoded(...names)
    expect(error).toBeUndefined()
    expect(lines.filter((line) => line.endsWith(':'))).toEqual(names.map((name) => `${name}:`))
    const { documents } = await decodedJson(...names)
    expect(documents.filter(({ type }) => type === 'file').map(({ file }) => file)).toEqual(names)
    const bad = folder.write('bad.log', Buffer.alloc(20, 1))
    const both = await decoded(bad, names[1]!)
    expect(both.error).toBe('1 of 2 could not be read as a whole')
    expect(both.lines.at(-1)).toMatch(/^6 batches/)
  })
})
