import { array, boolean, defineApi, errorCode, int8, int32, string, uuid } from '../schema.ts'

/** Which of its metrics the cluster wants from a client, and how often (KIP-714). */
export const GetTelemetrySubscriptions = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleFrom: 0,
  // The zero uuid the first time, to be given one.
  request: { clientInstanceId: uuid },
  response: {
    throttleTimeMs: int32.default(0),
    // UNSUPPORTED_VERSION, INVALID_REQUEST: final. THROTTLING_QUOTA_EXCEEDED: asked too early, after the interval.
    errorCode,
    clientInstanceId: uuid,
    // To be named in PushTelemetry.
    subscriptionId: int32,
    // 0: none, 1: gzip, 2: snappy, 3: lz4, 4: zstd; the broker's favourite first.
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    // Counters since the last push, not since the start.
    deltaTemporality: boolean,
    // Prefixes of names. None: push nothing. One empty prefix: all.
    requestedMetrics: array(string),
  },
})
