// The registry: every API we speak. Client, in-process broker, tests and CLI all work from it.

import type { Api } from '../schema.ts'
import { ApiVersions } from './api-versions.ts'
import { FindCoordinator } from './find-coordinator.ts'
import { Metadata } from './metadata.ts'

export { ApiVersions, FindCoordinator, Metadata }

/** Every API, by key. */
export const apis: readonly Api[] = [Metadata, FindCoordinator, ApiVersions]
