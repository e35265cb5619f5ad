import { array, boolean, defineApi, errorCode, int16, int32, int64, string } from '../schema.ts'

/**
 * Which APIs and versions a broker speaks; the first request on every connection. A broker that does not know the
 * version asked answers UNSUPPORTED_VERSION in version 0 (KIP-511). Version 5 lets the broker notice that it was
 * not the one meant (KIP-1242).
 */
export const ApiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    clientSoftwareName: string.from(3).ignorable(),
    clientSoftwareVersion: string.from(3).ignorable(),
    clusterId: string.nullable().from(5).default(null).ignorable(),
    nodeId: int32.from(5).default(-1).ignorable(),
  },
  response: {
    // UNSUPPORTED_VERSION: see above. REBOOTSTRAP_REQUIRED: another cluster or node than the one asked for.
    errorCode,
    apiKeys: array({ apiKey: int16, minVersion: int16, maxVersion: int16 }),
    throttleTimeMs: int32.from(1).ignorable(),
    supportedFeatures: array({ name: string, minVersion: int16, maxVersion: int16 })
      .from(3)
      .tag(0)
      .ignorable(),
    finalizedFeaturesEpoch: int64.from(3).default(-1).tag(1).ignorable(),
    finalizedFeatures: array({
      name: string,
      maxVersionLevel: int16,
      minVersionLevel: int16,
    })
      .from(3)
      .tag(2)
      .ignorable(),
    zkMigrationReady: boolean.from(3).default(false).tag(3).ignorable(),
  },
})
