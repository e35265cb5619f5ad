import { defineConfig } from 'vitest/config'
import { forcedOrigin } from './test/support/brokers/origin.ts'

// Tests in these folders get a real broker from the global setup, `inject('bootstrapServers')`.
const needBroker = ['broker', 'interop', 'conformance'].map((folder) => `test/${folder}/**/*.test.ts`)

const unit = {
  extends: true as const,
  test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...needBroker, '**/node_modules/**'] },
}
const broker = {
  extends: true as const,
  test: { name: 'broker', include: needBroker, globalSetup: ['test/support/global-setup.ts'] },
}

const withoutBroker = forcedOrigin() === 'none'
if (withoutBroker) {
  console.warn(`OTTLA_TEST_BROKER=none: no broker. Left out: ${needBroker.join(', ')}\n`)
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    setupFiles: ['test/support/properties.ts'],
    projects: withoutBroker ? [unit] : [unit, broker],
  },
})
