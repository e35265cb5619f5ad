// Connection and cluster options as the client resolves them, to be varied by a test.
import type { ClusterOptions } from '../../../src/client/cluster/cluster.ts'
import type { Logger } from '../../../src/client/logger.ts'
import type { LinkSettings } from '../../../src/client/network/broker-link.ts'

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export function linkSettings(overrides: Partial<LinkSettings> = {}): LinkSettings {
  return {
    clientId: 'test',
    tls: undefined,
    requestTimeoutMs: 30_000,
    connectionsMaxIdleMs: 540_000,
    maxResponseSize: 100 * 1024 * 1024,
    reconnectBackoffMs: 1,
    reconnectBackoffMaxMs: 2,
    socketConnectionSetupTimeoutMs: 10_000,
    socketConnectionSetupTimeoutMaxMs: 30_000,
    logger: silentLogger,
    ...overrides,
  }
}

export function clusterOptions(
  bootstrapServers: ClusterOptions['bootstrapServers'],
  overrides: Partial<ClusterOptions> = {},
): ClusterOptions {
  return {
    ...linkSettings(),
    bootstrapServers,
    retryBackoffMs: 1,
    retryBackoffMaxMs: 10,
    metadataMaxAgeMs: 300_000,
    ...overrides,
  }
}

/** A deadline that a test reaches only when it fails. */
export const far = () => performance.now() + 30_000

/** Where nothing listens: port 1 is in no range that systems give out, so no other test can come to have it. */
export const deadEndpoint = { host: '127.0.0.1', port: 1 }
