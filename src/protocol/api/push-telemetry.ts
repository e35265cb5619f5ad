import { boolean, bytes, defineApi, errorCode, int8, int32, uuid } from '../schema.ts'

/** Hands a client's metrics to the cluster, in OpenTelemetry's MetricsData v1 protobuf (KIP-714). */
export const PushTelemetry = defineApi({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    // The client's last push, which may come before the interval is over.
    terminating: boolean,
    // Of `metrics`; as in GetTelemetrySubscriptions.
    compressionType: int8,
    metrics: bytes,
  },
  response: {
    throttleTimeMs: int32.default(0),
    // UNKNOWN_SUBSCRIPTION_ID: ask for the subscription again. TELEMETRY_TOO_LARGE: push less.
    // THROTTLING_QUOTA_EXCEEDED: pushed too early. UNSUPPORTED_COMPRESSION_TYPE, INVALID_RECORD (not the format),
    // INVALID_REQUEST: final.
    errorCode,
  },
})
