import { array, brokerId, defineApi, errorCode, int8, int32, string } from '../schema.ts'

/** The broker that coordinates a group (key type 0), a transactional id (1), or a share partition (2). */
export const FindCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    key: string.until(3),
    keyType: int8.from(1).default(0),
    // Several at once (KIP-699).
    coordinatorKeys: array(string).from(4),
  },
  response: {
    throttleTimeMs: int32.from(1).ignorable(),
    // COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS: ask again. GROUP_AUTHORIZATION_FAILED,
    // TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_REQUEST: final.
    errorCode: errorCode.until(3),
    errorMessage: string.nullable().from(1).until(3).ignorable(),
    nodeId: brokerId.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array({
      key: string,
      nodeId: brokerId,
      host: string,
      port: int32,
      errorCode,
      errorMessage: string.nullable().ignorable(),
    }).from(4),
  },
})
