// What some golden frames say, asserted by hand from what the clients of the recording did (java/*.java, asked/*.ts) and
// from what Java printed of it: a codec that is wrong in both directions alike would pass golden-frames.test.ts.
import { describe, expect, it } from 'vitest'
import {
  AlterClientQuotas,
  ApiVersions,
  CreateTopics,
  DescribeAcls,
  DescribeConfigs,
  DescribeDelegationToken,
  DescribeQuorum,
  DescribeUserScramCredentials,
  Metadata,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/api/index.ts'
import { errorByName } from '../../../src/protocol/error-codes.ts'
import { ZERO_UUID } from '../../../src/protocol/schema.ts'
import { type BrokerVersion, brokerVersions } from './frames.ts'
import { anyId, framesOf } from './golden.ts'

describe('ApiVersions', () => {
  // From the message definitions of each version's own jar: `listeners`, `validVersions`, unstable ones left out.
  const spoken: Readonly<Record<BrokerVersion, string>> = {
    '2.8.2':
      '0:0-9 1:0-12 2:0-6 3:0-11 4:0-5 5:0-3 6:0-7 7:0-3 8:0-8 9:0-7 10:0-3 11:0-7 12:0-4 13:0-4 14:0-5 15:0-5 ' +
      '16:0-4 17:0-1 18:0-3 19:0-7 20:0-6 21:0-2 22:0-4 23:0-4 24:0-3 25:0-3 26:0-3 27:0-1 28:0-3 29:0-2 30:0-2 ' +
      '31:0-2 32:0-4 33:0-2 34:0-2 35:0-2 36:0-2 37:0-3 38:0-2 39:0-2 40:0-2 41:0-2 42:0-2 43:0-2 44:0-1 45:0-0 ' +
      '46:0-0 47:0-0 48:0-1 49:0-1 50:0-0 51:0-0 56:0-0 57:0-0 60:0-0 61:0-0',
    '3.9.1':
      '0:0-11 1:0-17 2:0-9 3:0-12 8:0-9 9:0-9 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-5 16:0-5 17:0-1 18:0-4 ' +
      '19:0-7 20:0-6 21:0-2 22:0-5 23:0-4 24:0-5 25:0-4 26:0-4 27:0-1 28:0-4 29:0-3 30:0-3 31:0-3 32:0-4 33:0-2 ' +
      '34:0-2 35:0-4 36:0-2 37:0-3 38:0-3 39:0-2 40:0-2 41:0-3 42:0-2 43:0-2 44:0-1 45:0-0 46:0-0 47:0-0 48:0-1 ' +
      '49:0-1 50:0-0 51:0-0 55:0-2 57:0-1 60:0-1 61:0-0 64:0-0 65:0-0 66:0-1 68:0-0 69:0-0 71:0-0 72:0-0 74:0-0 ' +
      '75:0-0 80:0-0 81:0-0',
    // Produce from 0 on is said, and not true: KAFKA-18659.
    '4.4.0':
      '0:0-13 1:4-18 2:1-11 3:0-13 8:2-10 9:1-10 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 17:0-1 18:0-5 ' +
      '19:2-7 20:1-6 21:0-2 22:0-5 23:2-4 24:0-5 25:0-4 26:0-5 27:1-2 28:0-6 29:1-3 30:1-3 31:1-3 32:1-4 33:0-2 ' +
      '34:1-2 35:1-5 36:0-2 37:0-3 38:1-3 39:1-2 40:1-2 41:1-3 42:0-3 43:0-2 44:0-1 45:0-1 46:0-0 47:0-0 48:0-1 ' +
      '49:0-1 50:0-0 51:0-0 55:0-2 57:0-2 60:0-2 61:0-0 64:0-0 65:0-0 66:0-2 68:0-1 69:0-1 71:0-0 72:0-0 74:0-1 ' +
      '75:0-0 76:1-1 77:1-1 78:1-2 79:1-2 80:0-1 81:0-0 83:0-0 84:0-0 85:0-1 86:0-0 87:0-1 88:0-1 89:0-1 90:0-1 ' +
      '91:0-0 92:0-0 93:0-0 94:0-0',
  }

  it.each(brokerVersions)('Kafka %s speaks the APIs and versions of its jar', (broker) => {
    for (const version of [0, 3]) {
      const answers = framesOf[broker]
        .responses(ApiVersions, version)
        .filter(({ apiKeys }) => apiKeys.length > 1)
      const told = answers.map(({ apiKeys }) =>
        [...apiKeys]
          .sort((a, b) => a.apiKey - b.apiKey)
          .map(({ apiKey, minVersion, maxVersion }) => `${apiKey}:${minVersion}-${maxVersion}`)
          .join(' '),
      )
      expect(new Set(told)).toEqual(new Set([spoken[broker]]))
    }
  })

  it.each(['2.8.2', '3.9.1'] as const)(
    'C4: Kafka %s answers a version that it does not know in version 0, with the versions of ApiVersions alone',
    (broker) => {
      const maxVersion = broker === '2.8.2' ? 3 : 4
      expect(framesOf[broker].responses(ApiVersions, 0)).toContainEqual(
        expect.objectContaining({
          errorCode: errorByName('UNSUPPORTED_VERSION').code,
          apiKeys: [{ apiKey: ApiVersions.key, minVersion: 0, maxVersion }],
        }),
      )
    },
  )

  it('tells the features of a KRaft cluster', () => {
    const [features] = framesOf['4.4.0'].responses(ApiVersions, 5).filter(({ errorCode }) => errorCode === 0)
    expect(features!.supportedFeatures).toContainEqual({
      name: 'metadata.version',
      minVersion: 7,
      maxVersion: 33,
    })
    expect(features!.finalizedFeatures).toContainEqual({
      name: 'transaction.version',
      maxVersionLevel: 2,
      minVersionLevel: 2,
    })
  })

  it('is asked by a Java client with its name and version', () => {
    expect(framesOf['2.8.2'].requests(ApiVersions, 3)).toContainEqual(
      expect.objectContaining({ clientSoftwareName: 'apache-kafka-java', clientSoftwareVersion: '4.4.0' }),
    )
  })
})

describe('topics and the cluster', () => {
  const node = { nodeId: 1, host: 'localhost', port: 19_210, rack: null }

  it.each([
    ['4.4.0', 12],
    ['3.9.1', 12],
    ['2.8.2', 11],
  ] as const)(
    'Metadata of Kafka %s, version %i: the broker, and partitions with their leader',
    (broker, version) => {
      const answer = framesOf[broker]
        .responses(Metadata, version)
        .find(({ topics }) => topics.some(({ partitions }) => partitions.length === 3))!
      expect(answer).toMatchObject({ throttleTimeMs: 0, brokers: [node], controllerId: 1 })
      const topic = answer.topics.find(({ partitions }) => partitions.length === 3)!
      expect(topic).toMatchObject({
        errorCode: 0,
        name: expect.stringMatching(/-records$/),
        topicId: anyId,
        isInternal: false,
      })
      expect([...topic.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)).toEqual(
        [0, 1, 2].map((partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: 1,
          leaderEpoch: 0,
          replicaNodes: [1],
          isrNodes: [1],
          offlineReplicas: [],
        })),
      )
    },
  )

  it('Metadata of a topic by an id that there is not: no name, UNKNOWN_TOPIC_ID', () => {
    const topics = framesOf['4.4.0'].responses(Metadata, 13).flatMap(({ topics }) => topics)
    expect(topics).toContainEqual(
      expect.objectContaining({
        errorCode: errorByName('UNKNOWN_TOPIC_ID').code,
        name: null,
        topicId: anyId,
        partitions: [],
      }),
    )
  })

  it('CreateTopics: configs and placement in the request, the reason in the answer', () => {
    const asked = framesOf['4.4.0'].requests(CreateTopics, 7).flatMap(({ topics }) => topics)
    expect(asked).toContainEqual({
      name: 'java-4.4.0-made',
      numPartitions: 2,
      replicationFactor: 1,
      assignments: [],
      configs: [{ name: 'cleanup.policy', value: 'compact' }],
    })
    for (const [broker, errorMessage] of [
      ['4.4.0', "Topic 'java-4.4.0-made' already exists."],
      ['2.8.2', "Topic 'java-4.4.0-made' already exists."],
    ] as const) {
      const answered = framesOf[broker].responses(CreateTopics, 7).flatMap(({ topics }) => topics)
      expect(answered.map(({ errorCode }) => errorCode)).toContain(errorByName('TOPIC_ALREADY_EXISTS').code)
      expect(answered.map((topic) => topic.errorMessage)).toContain(errorMessage)
      expect(answered.filter(({ errorCode }) => errorCode !== 0).map(({ topicId }) => topicId)).toContain(
        ZERO_UUID,
      )
    }
  })

  it('DescribeConfigs: one value with its type and source', () => {
    for (const broker of brokerVersions) {
      const configs = framesOf[broker]
        .responses(DescribeConfigs, 4)
        .flatMap(({ results }) => results)
        .filter(({ resourceName }) => resourceName === 'asked-records')
        .flatMap(({ configs }) => configs)
      expect(configs).toContainEqual({
        name: 'cleanup.policy',
        value: 'delete',
        readOnly: false,
        configSource: 5,
        isSensitive: false,
        synonyms: [],
        configType: 7,
        documentation: null,
      })
    }
  })

  it('DescribeQuorum: the leader and the voter of one node', () => {
    for (const broker of ['4.4.0', '3.9.1'] as const) {
      const partitions = framesOf[broker]
        .responses(DescribeQuorum, 2)
        .flatMap(({ topics }) => topics)
        .filter(({ topicName }) => topicName === '__cluster_metadata')
        .flatMap(({ partitions }) => partitions)
      expect(partitions).toContainEqual(
        expect.objectContaining({
          partitionIndex: 0,
          errorCode: 0,
          leaderId: 1,
          currentVoters: [expect.objectContaining({ replicaId: 1, replicaDirectoryId: anyId })],
          observers: [],
        }),
      )
    }
  })
})

describe('users', () => {
  it('SaslHandshake: the mechanisms that there are, also when another was asked for', () => {
    for (const broker of brokerVersions) {
      const mechanisms = ['PLAIN', 'SCRAM-SHA-256']
      expect(framesOf[broker].responses(SaslHandshake, 1)).toEqual(
        expect.arrayContaining([
          { errorCode: 0, mechanisms },
          { errorCode: errorByName('UNSUPPORTED_SASL_MECHANISM').code, mechanisms },
        ]),
      )
    }
  })

  it('SaslAuthenticate: the bytes of PLAIN, and the reason of a refusal', () => {
    for (const broker of brokerVersions) {
      const tokens = framesOf[broker]
        .requests(SaslAuthenticate, 2)
        .map(({ authBytes }) => authBytes.toString())
      expect(tokens).toContain('\0admin\0wrong')
      expect(framesOf[broker].responses(SaslAuthenticate, 2)).toContainEqual({
        errorCode: errorByName('SASL_AUTHENTICATION_FAILED').code,
        errorMessage: 'Authentication failed: Invalid username or password',
        authBytes: Buffer.alloc(0),
        sessionLifetimeMs: 0,
      })
    }
  })

  it('DescribeAcls: a prefixed ACL that allows alice to read', () => {
    const resources = framesOf['4.4.0'].responses(DescribeAcls, 3).flatMap(({ resources }) => resources)
    expect(resources).toContainEqual({
      resourceType: 2,
      resourceName: 'java-4.4.0-made',
      patternType: 4,
      acls: [{ principal: 'User:alice', host: '*', operation: 3, permissionType: 3 }],
    })
  })

  it('AlterClientQuotas: a fraction, and the default of an entity type', () => {
    for (const broker of brokerVersions) {
      const entries = framesOf[broker].requests(AlterClientQuotas, 0).flatMap(({ entries }) => entries)
      expect(entries).toContainEqual({
        entity: [
          { entityType: 'user', entityName: 'alice' },
          { entityType: 'client-id', entityName: null },
        ],
        ops: [{ key: 'request_percentage', value: 12.5, remove: false }],
      })
    }
  })

  it('DescribeUserScramCredentials: mechanism and iterations, and a user that there is not', () => {
    const results = framesOf['4.4.0']
      .responses(DescribeUserScramCredentials, 0)
      .flatMap(({ results }) => results)
    expect(results).toContainEqual({
      user: 'alice',
      errorCode: 0,
      errorMessage: '',
      credentialInfos: [{ mechanism: 1, iterations: 4096 }],
    })
    expect(results.map(({ errorCode }) => errorCode)).toContain(errorByName('RESOURCE_NOT_FOUND').code)
  })

  it('DescribeDelegationToken: whose it is, and its secret of 64 bytes', () => {
    const tokens = framesOf['2.8.2'].responses(DescribeDelegationToken, 2).flatMap(({ tokens }) => tokens)
    const [token] = tokens.filter(({ renewers }) => renewers.length === 0)
    expect(token).toMatchObject({ principalType: 'User', principalName: 'admin', tokenId: anyId })
    expect(token!.hmac).toHaveLength(64)
    expect(token!.expiryTimestamp - token!.issueTimestamp).toBe(24 * 3_600_000)
    expect(token!.maxTimestamp - token!.issueTimestamp).toBe(7 * 24 * 3_600_000)
  })
})
