import { array, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/**
 * Creates ACLs, through the controller. One allows or denies an operation to a principal, from a host, on whatever
 * resources the name and the pattern type stand for. From version 3 on also on users (KIP-373).
 */
export const CreateAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleFrom: 2,
  request: {
    creations: array({
      // 2: topic, 3: group, 4: cluster, 5: transactional id, 6: delegation token, 7: user.
      resourceType: int8,
      resourceName: string,
      // 3: literal, of which `*` stands for all, 4: prefixed (KIP-290).
      resourcePatternType: int8.default(3),
      // `User:alice`; `User:*` for all.
      principal: string,
      // `*` for all.
      host: string,
      // 2: all, 3: read, 4: write, 5: create, 6: delete, 7: alter, 8: describe, 9: cluster action, 10: describe
      // configs, 11: alter configs, 12: idempotent write, 13: create tokens, 14: describe tokens, 15: two-phase
      // commit.
      operation: int8,
      // 2: deny, 3: allow.
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    // In the order of the creations.
    results: array({
      // NOT_CONTROLLER: ask the controller. REQUEST_TIMED_OUT: it may be created yet. SECURITY_DISABLED: the brokers
      // have no authorizer. INVALID_REQUEST, CLUSTER_AUTHORIZATION_FAILED: final.
      errorCode,
      errorMessage: string.nullable(),
    }),
  },
})
