// Wrong use of the ottla command is told in one line, with exit code 2, before anything touches the network.

import { describe, expect, it } from 'vitest'
import { ottla } from '../support/commands.ts'

const WRONG: readonly (readonly [words: string, says: string])[] = [
  ['foo', "'foo' is not a command: topics, produce, consume, decode, assign; see ottla --help"],
  ['consume foo -t t -g g', "'foo' was not expected; see ottla consume --help"],
  ['produce foo -t t', "'foo' was not expected; see ottla produce --help"],
  ['topics', 'an action is missing: create, describe, delete, list; see ottla topics --help'],
  ['topics list foo', "'foo' was not expected; see ottla topics --help"],
  ['topics create -t t --partitions 1.5', '--partitions 1.5: not a whole number above zero; see'],
  ['topics create -t t --replication-factor 0.5', '--replication-factor 0.5: not a whole number above zero'],
  ['topics delete -t t --partitions 2', '--partitions and --replication-factor are for create; see'],
  ['topics list -t t', '--topic is not for list; see'],
  ['topics list -c retention.ms=5', "Unknown option 'retention.ms' of kafka.admin(...)"],
  ['produce -t t --count 0.5', '--count 0.5: not a whole number above zero; see'],
  ['consume -t t -g g --count 0', '--count 0: not a whole number above zero; see'],
  ['produce -t t --rate 0', '--rate 0: not a number above zero; see'],
  ['produce -t t --rate -5', '--rate needs a value; is it --rate=-5?; see ottla produce --help'],
  ['produce -t', '-t needs a value; see ottla produce --help'],
  ['produce --topik t', '--topik is not known; see ottla produce --help'],
  ['consume -t t -g g --log=yes', '--log takes no value; see ottla consume --help'],
  ['consume -t t', '--group is missing; see ottla consume --help'],
  ['produce -t t -c lingerMs', '--config lingerMs: not NAME=VALUE; see'],
  ['produce -t t -c lingerMs=soon', "Option 'lingerMs' of kafka.producer(...) must be"],
  ['produce -t t -c clientId=5', "Option 'clientId' of new Kafka(...) must be a string, not 5; see"],
  ['produce -t t -c logger=x', "Option 'logger' of new Kafka(...) must have the methods"],
  ['produce -t t -c bootstrapServers=a:1', '--config bootstrapServers: give it by --bootstrap; see'],
  ['consume -t t -g g -c groupId=h', '--config groupId: give it by --group; see'],
  ['consume -t t -g g -c topics=["u"]', '--config topics: give it by --topic; see'],
  [
    'consume -t t -g g --from-beginning -c autoOffsetReset=latest',
    '--config autoOffsetReset: give it by --from-beginning; see',
  ],
  ['decode', 'give a frame in hex, a file, a folder, or - for standard input; see ottla decode --help'],
  [
    'decode --as text 00',
    '--as text: not one of frame, log, index, timeindex, txnindex, snapshot, consumer-offsets, ',
  ],
  [
    'decode --api Metdata --version 1 00',
    '--api Metdata: no API that clients speak has this name or key; is it Metadata?',
  ],
  ['decode --api 999 --version 1 00', '--api 999: no API that clients speak has this name or key; see'],
  ['decode --api Metadata 00', '--api goes with --version, from 0 to 13 of Metadata; see'],
  ['decode --version 3 00', '--version goes with --api; see'],
  ['decode --api 3 --version 99 00', '--version 99: Metadata has versions 0 to 13; see'],
  ['decode --api 3 --version 1.5 00', '--version 1.5: Metadata has versions 0 to 13; see'],
  ['decode --api 3 --version 3 --as log 00', '--api and --version are for frames; see'],
  ['decode --records 00', '--records is for logs; see'],
  ['decode --as log src', "--as is for files, and 'src' is a folder; see"],
  ['decode --records src', '--records is for logs; see'],
  ['decode --bootstrap a:1 00', '--bootstrap is not known; see ottla decode --help'],
  ['decode --json=yes 00', '--json takes no value; see'],
  ['assign --partitions 3', '--members is missing; see ottla assign --help'],
  ['assign --members 3', '--partitions is missing; see ottla assign --help'],
  ['assign foo --members 3', "'foo' was not expected; see ottla assign --help"],
  ['assign --members 0 --partitions 3', '--members 0: not a whole number above zero; see'],
  ['assign --members 1001 --partitions 3', '--members 1001: at most 1000; see'],
  ['assign --members 3 --topic t:100001', '--topic t:100001: at most 100000 partitions; see'],
  [
    'assign --assignor stick --members 3 --partitions 3',
    "there is no assignor 'stick': range, roundrobin, sticky, cooperative-sticky; see",
  ],
  ['assign --members 3 --topic t', '--topic t: not NAME:PARTITIONS; see'],
  ['assign --members 3 --topic t:x', '--topic t:x: not NAME:PARTITIONS; see'],
  ['assign --members 3 --topic t:1 --topic t:2', "--topic t:2: 't' is there already; see"],
  ['assign --members 3 --topic t:1 --topics 2', '--topics and --partitions go without --topic; see'],
  [
    'assign --members 3 --partitions 3 --then sleep:2',
    '--then sleep:2: not one of join, leave:N, crash:N, partitions:N, bounce; see',
  ],
  ['assign --members 3 --partitions 3 --then leave', '--then leave: say whom: leave:N; see'],
  [
    'assign --members 3 --partitions 3 --then leave:two',
    '--then leave:two: N is a whole number above zero; see',
  ],
  ['assign --members 3 --partitions 3 --then leave:4', '--then leave:4: m4 is not a member: m1, m2, m3; see'],
  ['assign --members 3 --partitions 3 --then join:2', '--then join:2: m2 is a member already; see'],
  [
    'assign --members 3 --partitions 3 --then partitions:3',
    "--then partitions:3: topic 't1' has 3 partitions: give more than that; see",
  ],
  ['assign --members 3 --partitions 3 --bootstrap a:1', '--bootstrap is not known; see ottla assign --help'],
  ['topics list -b x:99999', "--bootstrap has the address 'x:99999', whose port is not between 1 and 65535"],
]

describe('ottla', () => {
  it.each(WRONG)('%s: refused', async (words, says) => {
    const { exitCode, stdout, stderr } = await ottla(words.split(' '), { stdin: '' }).ended
    expect(stderr).toContain(`ottla: ${says}`)
    expect(stderr.split('\n')).toHaveLength(2)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  it('names OTTLA_BOOTSTRAP where that is what is wrong', async () => {
    const { exitCode, stderr } = await ottla(['topics', 'list'], { env: { OTTLA_BOOTSTRAP: '' } }).ended
    expect(stderr).toContain('ottla: OTTLA_BOOTSTRAP has an empty address')
    expect(exitCode).toBe(2)
  })

  it.each(['--help', 'topics --help', 'produce -h', 'consume --help', 'decode --help', 'assign --help'])(
    '%s explains',
    async (words) => {
      const { exitCode, stdout, stderr } = await ottla(words.split(' ')).ended
      expect(stdout).toMatch(/^Usage: ottla /)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    },
  )
})
