import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { framesOf } from '../../src/cli/decode/frames.ts'
import {
  type Api,
  ApiVersions,
  apis,
  encodeRequest,
  encodeResponse,
  Fetch,
  type FieldSpec,
  type Fields,
  type FieldType,
  type RequestOf,
  SyncGroup,
} from '../../src/protocol/index.ts'
import { batchOf } from '../protocol/segments/segment-files.ts'
import {
  decoded,
  decodedJson,
  goldenFrame,
  goldenFrames,
  type Printed,
  type TemporaryFolder,
  temporaryFolder,
} from './decoding.ts'

let folder: TemporaryFolder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder[Symbol.dispose]())

const { request: metadataRequest, response: metadataResponse } = goldenFrame('Metadata')

const METADATA_REQUEST = `Metadata request v12, correlation id 2, client id "golden", 76 bytes
  topics:
    - { topicId: AAAAAAAAAAAAAAAAAAAAAA (none), name: "ledger" }
    - { topicId: AAAAAAAAAAAAAAAAAAAAAA (none), name: "no-such-topic" }
  allowAutoTopicCreation: false
  includeTopicAuthorizedOperations: false
`

describe('ottla decode of a request', () => {
  it('names its API and version, and prints its fields', async () => {
    expect(await decoded(metadataRequest)).toMatchObject({ text: METADATA_REQUEST, error: undefined })
  })

  it('takes it without its length, in pairs, with blanks, colons and 0x, from a file as hex or as bytes', async () => {
    const bytes = Buffer.from(metadataRequest, 'hex')
    const pairs = metadataRequest.match(/../g)!
    const inputs = [
      [metadataRequest.slice(8)],
      [metadataRequest.toUpperCase()],
      pairs,
      [pairs.join(':')],
      [pairs.map((pair) => `0x${pair}`).join(', ')],
      [folder.write('frame.hex', `${pairs.join(' ')}\n`)],
      [folder.write('frame.bin', bytes)],
      [folder.write('lone.bin', bytes.subarray(4))],
      ['--as', 'frame', folder.write('capture.log', bytes)],
    ]
    for (const words of inputs)
      expect(await decoded(...words)).toMatchObject({ text: METADATA_REQUEST, error: undefined })
  })

  it('opens what members of a consumer group tell each other: subscription, user data, assignment', async () => {
    const join = await decoded(goldenFrame('JoinGroup').request)
    expect(join.text).toMatch(
      / {2}protocolType: "consumer"\n {2}protocols:\n {4}- name: "sticky"\n {6}metadata: ConsumerProtocolSubscription v1, 46 bytes\n {8}topics: \["ledger"\]\n {8}userData: StickyAssignorUserData v1, 24 bytes\n {10}previousAssignment: \[{ topic: "ledger", partitions: \[0\] }\]\n {10}generation: 7\n {8}ownedPartitions: \[\]\n$/,
    )
    const sync = await decoded(goldenFrame('SyncGroup').request)
    expect(sync.text).toMatch(
      /assignment: ConsumerProtocolAssignment v1, 26 bytes\n +assignedPartitions: \[{ topic: "ledger", partitions: \[0\] }\]\n/,
    )
  })

  it('leaves the same bytes alone where the group is of another type, and says why it cannot read them', async () => {
    const request = { groupId: 'g', generationId: 1, memberId: 'm', protocolName: 'p' }
    const assignments = [{ memberId: 'm', assignment: Buffer.from([0, 1, 0, 0, 0, 9]) }]
    const connect = await decoded(hexOf(SyncGroup, 5, { ...request, protocolType: 'connect', assignments }))
    expect(connect.lines.at(-1)).toBe('  assignments: [{ memberId: "m", assignment: 0x000100000009 }]')
    const consumer = await decoded(hexOf(SyncGroup, 5, { ...request, protocolType: 'consumer', assignments }))
    expect(consumer.text).toContain(
      'assignment: 0x000100000009 (unreadable: ConsumerProtocolAssignment v1: length 9',
    )
    // Version 4 does not say the type.
    const unsaid = await decoded(
      hexOf(SyncGroup, 4, { groupId: 'g', generationId: 1, memberId: 'm', assignments }),
    )
    expect(unsaid.lines.at(-1)).toContain('assignment: 0x000100000009 }]')
  })

  it('and of a response is done for every API and version: each field that it has is named', async () => {
    for (const api of apis) {
      for (let version = api.versions[0]; version <= api.versions[1]; version++) {
        const request = hexOf(api, version, sampleOf(api.request.fields, version))
        const header = { version, correlationId: 7 }
        const response = hex(encodeResponse(api, header, sampleOf(api.response.fields, version)))
        const asked = await decoded(request)
        expect(asked.text).toMatch(`${api.name} request v${version}, correlation id 7, client id "c", `)
        expectNames(asked, api.request.fields, version)
        const answered = await decoded('--api', api.name, '--version', String(version), response)
        expect(answered.text).toMatch(`${api.name} response v${version}, correlation id 7, `)
        expectNames(answered, api.response.fields, version)
      }
    }
  })
})

describe('ottla decode of a response', () => {
  it('is told what it answers, by name or key, in any case', async () => {
    const expected = await decoded('--api', 'Metadata', '--version', '12', metadataResponse)
    expect(expected.lines.slice(0, 9)).toEqual([
      'Metadata response v12, correlation id 2, 156 bytes',
      '  throttleTimeMs: 0',
      expect.stringMatching(/^ {2}brokers: \[\{ nodeId: 1, host: "127.0.0.1", port: \d+, rack: null \}\]$/),
      '  clusterId: "5L6g3nShT-eMCtK--X86sw"',
      '  controllerId: 1',
      '  topics:',
      '    - errorCode: 0',
      '      name: "ledger"',
      expect.stringMatching(/^ {6}topicId: [\w-]{22}$/),
    ])
    expect(expected.text).toContain(
      '    - errorCode: 3 UNKNOWN_TOPIC_OR_PARTITION\n      name: "no-such-topic"\n',
    )
    for (const name of ['metadata', '3']) {
      expect(await decoded('--api', name, '--version', '12', metadataResponse)).toEqual(expected)
    }
  })

  it('names the APIs that a broker lists, one line each', async () => {
    const { lines } = await decoded(
      '--api',
      'ApiVersions',
      '--version',
      '3',
      goldenFrame('ApiVersions').response,
    )
    expect(lines).toContain('    - { apiKey: 3 Metadata, minVersion: 0, maxVersion: 13 }')
  })

  it('of ApiVersions that refuses the version is in version 0', async () => {
    const refusal = encodeResponse(
      ApiVersions,
      { version: 0, correlationId: 1 },
      { errorCode: 35, apiKeys: [] },
    )
    const { lines } = await decoded('--api', 'ApiVersions', '--version', '5', hex(refusal))
    expect(lines).toEqual([
      'ApiVersions response v0, correlation id 1, 10 bytes',
      '  errorCode: 35 UNSUPPORTED_VERSION',
      '  apiKeys: []',
    ])
  })

  it('has its batches and records told, and a batch that was cut', async () => {
    const { response } = goldenFrame('Fetch')
    const { lines, error } = await decoded('--api', 'Fetch', '--version', '12', response)
    expect(error).toBeUndefined()
    const at = lines.findIndex((line) => line.includes('records: 300 bytes'))
    expect(lines.slice(at).map((line) => line.slice(10))).toEqual([
      'records: 300 bytes',
      '  batch 0–2, 3 records, 113 bytes, none, 2023-11-14T22:13:20.000Z +2ms, producer 0/0, sequences 0–2, leader epoch 0, CRC ok',
      '    0  2023-11-14T22:13:20.000Z  key=k-0  value=none 0',
      '    1  2023-11-14T22:13:20.001Z  key=null  value=0x00ff00  headers={ trace: t-0, none: null }',
      '    2  2023-11-14T22:13:20.002Z  key=k-2  value=null',
      '  batch 3–5, 3 records, 133 bytes, gzip, 2023-11-14T22:13:20.010Z +2ms, producer 1/0, sequences 0–2, leader epoch 0, CRC ok',
      '    3  2023-11-14T22:13:20.010Z  key=k-0  value=gzip 0',
      '    4  2023-11-14T22:13:20.011Z  key=null  value=0x00ff01  headers={ trace: t-1, none: null }',
      '    5  2023-11-14T22:13:20.012Z  key=k-2  value=null',
      '  54 bytes of a batch that was cut',
    ])
  })

  it('with a batch whose checksum is wrong, or that cannot be read, shows what can be, and exits with an error', async () => {
    const good = batchOf(0, 2)
    const wrong = Buffer.from(good)
    wrong[70]! ^= 1
    const unknown = Buffer.from(good)
    unknown[16] = 9
    const partition = (records: Buffer) => ({
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 9,
      abortedTransactions: null,
      records,
    })
    const responses = [{ topic: 't', partitions: [partition(wrong), partition(unknown)] }]
    const frame = hex(encodeResponse(Fetch, { version: 11, correlationId: 1 }, { responses }))
    const { text, error } = await decoded('--api', 'Fetch', '--version', '11', frame)
    expect(text).toContain('leader epoch 3, CRC WRONG\n')
    expect(text).toContain('! its format (magic 9) is none that is known\n')
    expect(error).toBe('the hex given: 2 problems')
  })
})

describe('ottla decode of a capture', () => {
  const capture = Buffer.from(goldenFrames.map(({ request }) => request).join(''), 'hex')

  it('decodes its frames one after another, each with its place', async () => {
    const { lines, error } = await decoded(folder.write('requests.bin', capture))
    expect(error).toBeUndefined()
    const headings = lines.filter((line) => /^\S/.test(line)).map((line) => line.replace(/,.*/, ''))
    let position = 0
    const expected = goldenFrames.map(({ api, version, request }, index) => {
      const place = index === 0 ? '' : `byte ${position}: `
      position += request.length / 2
      return `${place}${api} request v${version}`
    })
    expect(headings).toEqual(expected)
    expect(lines.filter((line) => line === '')).toHaveLength(goldenFrames.length - 1)
  })

  it('tells a frame in it that is none and goes on, and one that is cut at the end', async () => {
    const odd = Buffer.from('0000000a03e7000c000000010000', 'hex')
    const cut = capture.subarray(0, 20)
    const path = folder.write('odd.bin', Buffer.concat([capture, odd, capture.subarray(0, 34), cut]))
    const { lines, error } = await decoded(path)
    expect(lines.filter((line) => line.startsWith('!'))).toEqual([
      `! position ${capture.length}: no request that a client sends has the API key 999; if it is a response, say what it answers: --api NAME --version N`,
      `! position ${capture.length + 14 + 34}: the frame was cut: 16 of 30 bytes are there`,
    ])
    expect(error).toBe(`${path}: 2 problems, the first at position ${capture.length}`)
    const first = await decoded(folder.write('first.bin', Buffer.concat([odd, capture])))
    expect(first.lines[0]).toMatch(/^! position 0: no request/)
    expect(first.lines.filter((line) => line.includes(' request v'))).toHaveLength(goldenFrames.length)
  })

  it('is split as it comes, however it is cut into chunks, and never waits for more than a frame', async () => {
    for (const size of [1, 3, 7, 100, capture.length]) {
      let given = 0
      const chunks = async function* () {
        for (; given < capture.length; given += size) yield capture.subarray(given, given + size)
      }
      const positions: number[] = []
      for await (const frame of framesOf(chunks(), () => undefined)) {
        if ('problem' in frame) throw new Error(frame.problem)
        positions.push(frame.position)
        expect(given).toBeLessThanOrEqual(frame.position + 4 + frame.bytes.length + size)
      }
      expect(positions).toHaveLength(goldenFrames.length)
    }
  })
})

describe('ottla decode of what is no frame', () => {
  const HINT = 'if it is a response, say what it answers: --api NAME --version N'
  const CASES: readonly (readonly [what: string, words: readonly string[], error: string])[] = [
    ['nothing but blanks', [' 0'], 'the hex has 1 digits: two make a byte, one is missing'],
    ['half a byte', ['000'], 'the hex has 3 digits: two make a byte, one is missing'],
    ['a word', ['xyz'], "'xyz' is no file that is there, and no hex"],
    ['a missing file', ['no/such.log'], "'no/such.log' is no file that is there, and no hex"],
    [
      'a byte',
      ['00'],
      `the hex given: no frame: 1 byte cannot be a frame's length; and taken as one without its length: 1 byte cannot be a request; ${HINT}`,
    ],
    [
      'a response that is not said to be one',
      [metadataResponse],
      `the hex given: Produce requests have versions 3 to 13, not 2; ${HINT}`,
    ],
    [
      'a response of another API',
      ['--api', 'Fetch', '--version', '12', metadataResponse],
      'the hex given: FetchResponse v12: length ',
    ],
    [
      'a request that is said to be a response',
      ['--api', 'Metadata', '--version', '12', metadataRequest],
      'It is a request, Metadata v12: leave --api and --version out',
    ],
    ['a frame that was cut', [metadataRequest.slice(0, 60)], 'the frame was cut: 26 of 76 bytes are there'],
    ['a frame with a byte too many', [`${metadataRequest}00`], 'the hex given: 1 problem, at position 80'],
  ]

  it.each(CASES)('%s: is told in one line', async (_what, words, message) => {
    const { error } = await decoded(...words)
    expect(error).toContain(message)
    expect(error).not.toContain('\n')
  })

  it('an empty file: is told', async () => {
    expect((await decoded(folder.write('empty', ''))).error).toMatch(/empty: there are no bytes in it$/)
  })

  it('a file with something else than hex behind hex: is told', async () => {
    const path = folder.write('mixed.hex', `${'00'.repeat(4096)}zz`)
    expect((await decoded(path)).error).toBe(`${path}: 'z' is no digit of hex`)
  })

  it('any bytes cut or changed: end, with an error or without', async () => {
    const bytes = Buffer.from(goldenFrame('Fetch').response, 'hex')
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 0xff
      await decoded('--api', 'Fetch', '--version', '12', changed.toString('hex'))
      await decoded('--api', 'Fetch', '--version', '12', bytes.toString('hex', 0, at + 1))
    }
  })
})

describe('ottla decode --json', () => {
  it('of a request is a line with header and body', async () => {
    const { documents } = await decodedJson(metadataRequest)
    const topicId = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(documents).toEqual([
      {
        type: 'request',
        api: 'Metadata',
        apiKey: 3,
        version: 12,
        correlationId: 2,
        clientId: 'golden',
        position: 0,
        sizeBytes: 76,
        body: {
          topics: [
            { topicId, name: 'ledger' },
            { topicId, name: 'no-such-topic' },
          ],
          allowAutoTopicCreation: false,
          includeTopicAuthorizedOperations: false,
        },
      },
    ])
  })

  it('has bytes in base64, 64-bit ids as text, records under batches, opened bytes beside what they say', async () => {
    const { documents } = await decodedJson(
      '--api',
      'Fetch',
      '--version',
      '12',
      goldenFrame('Fetch').response,
    )
    const { records } = documents[0].body.responses[0].partitions[0]
    expect(records).toMatchObject({
      sizeBytes: 300,
      batches: [
        {
          baseOffset: 0,
          producerId: '0',
          compression: 'none',
          isValid: true,
          records: [
            { offset: 0, timestamp: 1_700_000_000_000, key: 'ay0w', value: 'bm9uZSAw', headers: [] },
            {
              key: null,
              value: 'AP8A',
              headers: [
                ['trace', 'dC0w'],
                ['none', null],
              ],
            },
            { key: 'ay0y', value: null },
          ],
        },
        { baseOffset: 3, compression: 'gzip' },
        { cut: 54 },
      ],
    })
    const [join] = (await decodedJson(goldenFrame('JoinGroup').request)).documents
    const { metadata } = join.body.protocols[0]
    expect(metadata).toMatchObject({
      as: 'ConsumerProtocolSubscription',
      version: 1,
      value: { topics: ['ledger'] },
    })
    expect(Buffer.from(metadata.bytes, 'base64')).toHaveLength(46)
    expect(metadata.value.userData.value).toEqual({
      previousAssignment: [{ topic: 'ledger', partitions: [0] }],
      generation: 7,
    })
  })
})

describe('what is printed', () => {
  it('never obeys: control characters of names, ids and keys are shown', async () => {
    const evil = '\u001b[2J\u009b31m"\\\n'
    const { text } = await decoded(
      hexOf(SyncGroup, 3, { groupId: evil, generationId: 1, memberId: evil, assignments: [] }),
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: just these must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expect(text).toContain('groupId: "\\x1b[2J\\x9b31m\\"\\\\\\n"')
  })

  it('is shortened where it is long, unless --full asks for all', async () => {
    const words = [
      hexOf(SyncGroup, 3, { groupId: 'g'.repeat(2000), generationId: 1, memberId: 'm', assignments: [] }),
    ]
    expect((await decoded(...words)).text).toContain(`"${'g'.repeat(500)}"… (2000 characters)`)
    expect((await decoded('--full', ...words)).text).toContain(`"${'g'.repeat(2000)}"\n`)
    const assignments = [{ memberId: 'm', assignment: Buffer.alloc(100) }]
    const bytes = [
      hexOf(SyncGroup, 5, { groupId: 'g', generationId: 1, memberId: 'm', protocolType: 'x', assignments }),
    ]
    expect((await decoded(...bytes)).text).toContain(`0x${'00'.repeat(48)}… (100 bytes)`)
    expect((await decoded('--full', ...bytes)).text).toContain(`0x${'00'.repeat(100)}`)
  })

  it('breaks long lists of numbers into lines', async () => {
    const partitions = Array.from({ length: 200 }, (_, i) => i)
    const topics = [{ topic: 't', partitions: [] }]
    const request = { maxWaitMs: 0, minBytes: 0, topics, forgottenTopicsData: [{ topic: 't', partitions }] }
    const { lines } = await decoded(hexOf(Fetch, 11, request))
    expect(lines.every((line) => line.length <= 150)).toBe(true)
    const at = lines.indexOf('      partitions:')
    expect(lines[at + 1]).toMatch(/^ {8}\[0, 1, 2, 3, /)
    expect(lines.join(' ')).toContain('198, 199]')
  })
})

function hex(segments: readonly Uint8Array[]): string {
  return Buffer.concat(segments).toString('hex')
}

function hexOf<A extends Api>(api: A, version: number, request: RequestOf<A>): string {
  return hex(encodeRequest(api, { version, correlationId: 7, clientId: 'c' }, request))
}

/** A message with all that its version has, each array of one element. */
function sampleOf(fields: Fields, version: number): { [name: string]: unknown } {
  const present = Object.entries(fields).filter(([, { spec }]) => isPresent(spec, version))
  return Object.fromEntries(present.map(([name, { spec }]) => [name, sampleValue(spec.type, version)]))
}

function sampleValue(type: FieldType, version: number): unknown {
  switch (type.kind) {
    case 'array':
      return [sampleValue(type.element, version)]
    case 'struct':
      return sampleOf(type.fields, version)
    case 'string':
      return 'text'
    case 'bytes':
    case 'records':
      return Buffer.alloc(0)
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAQ'
    case 'boolean':
      return true
    case 'bigint64':
      return 5n
    default:
      return 5
  }
}

function isPresent(spec: FieldSpec, version: number): boolean {
  return spec.fromVersion <= version && version <= spec.untilVersion
}

function expectNames({ lines, error }: Printed, fields: Fields, version: number): void {
  expect(error).toBeUndefined()
  const names = lines.map((line) => /^ {2}(\w+):/.exec(line)?.[1]).filter((name) => name !== undefined)
  const present = Object.entries(fields).filter(([, { spec }]) => isPresent(spec, version))
  expect(names).toEqual(present.map(([name]) => name))
}
