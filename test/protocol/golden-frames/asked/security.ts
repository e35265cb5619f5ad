// Questions about users: ACLs, quotas, SCRAM credentials, delegation tokens, and SASL itself.
import {
  AlterClientQuotas,
  AlterUserScramCredentials,
  CreateAcls,
  CreateDelegationToken,
  DeleteAcls,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeDelegationToken,
  DescribeUserScramCredentials,
  ExpireDelegationToken,
  RenewDelegationToken,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../../src/protocol/api/index.ts'
import type { Stage } from './stage.ts'

export async function askAboutUsers(stage: Stage): Promise<void> {
  await askAcls(stage)
  await askQuotas(stage)
  await askScram(stage)
  // Without SASL they are refused.
  for (const version of stage.versions(SaslHandshake))
    await stage.ask(SaslHandshake, version, { mechanism: 'PLAIN' })
  await askTokens(stage)
}

async function askAcls({ ask, ranks, at, prefix }: Stage): Promise<void> {
  const [any, topic, literal, all, read, allow] = [1, 2, 3, 2, 3, 3]
  for (const rank of ranks(CreateAcls, DescribeAcls, DeleteAcls)) {
    const name = `${prefix}-acl-${rank}`
    const acl = { resourceName: name, resourceType: topic, host: '*', permissionType: allow }
    await ask(CreateAcls, at(CreateAcls, rank), {
      creations: [
        { ...acl, resourcePatternType: literal, principal: 'User:alice', operation: read },
        { ...acl, resourcePatternType: literal, principal: 'not a principal', operation: all },
      ],
    })
    const filter = {
      resourceTypeFilter: topic,
      resourceNameFilter: name,
      patternTypeFilter: literal,
      principalFilter: null,
      hostFilter: null,
      operation: any,
      permissionType: any,
    }
    await ask(DescribeAcls, at(DescribeAcls, rank), filter)
    await ask(DescribeAcls, at(DescribeAcls, rank), { ...filter, resourceNameFilter: 'nowhere' })
    await ask(DeleteAcls, at(DeleteAcls, rank), {
      filters: [filter, { ...filter, principalFilter: 'User:nobody', hostFilter: '*' }],
    })
  }
}

async function askQuotas({ ask, ranks, at }: Stage): Promise<void> {
  for (const rank of ranks(AlterClientQuotas, DescribeClientQuotas)) {
    const [user, byDefault] = [
      { entityType: 'user', entityName: 'alice' },
      { entityType: 'client-id', entityName: null },
    ]
    await ask(AlterClientQuotas, at(AlterClientQuotas, rank), {
      entries: [
        { entity: [user, byDefault], ops: [{ key: 'request_percentage', value: 12.5, remove: false }] },
        { entity: [user], ops: [{ key: 'no_such_quota', value: 0.5, remove: false }] },
      ],
      validateOnly: false,
    })
    const [exact, any] = [0, 2]
    const describing = at(DescribeClientQuotas, rank)
    await ask(DescribeClientQuotas, describing, {
      components: [{ entityType: 'user', matchType: exact, match: 'alice' }],
      strict: false,
    })
    const others = { entityType: 'ip', matchType: any, match: null }
    await ask(DescribeClientQuotas, describing, { components: [others], strict: true })
  }
}

async function askScram({ ask, at }: Stage): Promise<void> {
  const name = 'scrambled'
  await ask(AlterUserScramCredentials, at(AlterUserScramCredentials, 0), {
    deletions: [{ name: 'nobody', mechanism: 2 }],
    upsertions: [
      {
        name,
        mechanism: 1,
        iterations: 4096,
        salt: Buffer.from('salt'),
        saltedPassword: Buffer.alloc(32, 7),
      },
    ],
  })
  await ask(DescribeUserScramCredentials, at(DescribeUserScramCredentials, 0), {
    users: [{ name }, { name: 'nobody' }],
  })
  await ask(DescribeUserScramCredentials, at(DescribeUserScramCredentials, 0), { users: null })
}

async function askTokens({ ask, ranks, at }: Stage): Promise<void> {
  for (const rank of ranks(CreateDelegationToken, RenewDelegationToken, DescribeDelegationToken)) {
    const creating = at(CreateDelegationToken, rank)!
    const token = await ask(CreateDelegationToken, creating, {
      renewers: [{ principalType: 'User', principalName: 'bob' }],
      maxLifetimeMs: 3_600_000,
      ...(creating >= 3 && { ownerPrincipalType: null, ownerPrincipalName: null }),
    } as never)
    const hmac = Buffer.from(token?.hmac ?? '', 'base64')
    // A controller says that there is one before the brokers know it.
    for (let i = 0; i < 50; i++) {
      const owners = [{ principalType: 'User', principalName: 'admin' }]
      const told = await ask(DescribeDelegationToken, at(DescribeDelegationToken, rank), { owners })
      if (told === undefined || told.errorCode !== 0 || told.tokens.length > 0) break
    }
    await ask(RenewDelegationToken, at(RenewDelegationToken, rank), { hmac, renewPeriodMs: 60_000 })
    await ask(RenewDelegationToken, at(RenewDelegationToken, rank), {
      hmac: Buffer.from('none'),
      renewPeriodMs: 1,
    })
    await ask(ExpireDelegationToken, at(ExpireDelegationToken, rank), { hmac, expiryTimePeriodMs: -1 })
    await ask(DescribeDelegationToken, at(DescribeDelegationToken, rank), { owners: null })
  }
}

/** On a listener with SASL. The connection that was refused ends; the last one is authenticated, and may have tokens. */
export async function askWithSasl(stage: Stage): Promise<void> {
  const { ask, versions } = stage
  for (const version of versions(SaslHandshake)) await ask(SaslHandshake, version, { mechanism: 'NONE-SUCH' })
  for (const version of [...versions(SaslAuthenticate)].reverse()) {
    await ask(SaslHandshake, 1, { mechanism: 'PLAIN' })
    await ask(SaslAuthenticate, version, { authBytes: Buffer.from('\0admin\0wrong') })
    // Asked on the connection that is closed, so that the next question makes a new one.
    await ask(SaslHandshake, 1, { mechanism: 'PLAIN' })
  }
  for (const version of versions(SaslAuthenticate)) {
    await ask(SaslHandshake, 1, { mechanism: 'PLAIN' })
    await ask(SaslAuthenticate, version, { authBytes: Buffer.from('\0admin\0admin-secret') })
    // Again while authenticated: a request that is out of place, which ends the connection.
    if (version !== versions(SaslAuthenticate).at(-1))
      await ask(SaslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
  }
  await askTokens(stage)
}
