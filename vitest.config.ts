import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { forcedOrigin } from './test/support/brokers/origin.ts'

// Tests in these folders get a real broker from the global setup, `inject('bootstrapServers')`.
const needBroker = ['broker', 'interop', 'conformance'].map((folder) => `test/${folder}/**/*.test.ts`)
// These run Kafka's own Java code: a JDK, and Maven to fetch it.
const needJava = ['test/interop/**/*.test.ts', 'test/**/*.java.test.ts']

const withoutBroker = forcedOrigin() === 'none'
if (withoutBroker) console.warn(`OTTLA_TEST_BROKER=none: no broker. Left out: ${needBroker.join(', ')}\n`)

// A machine with a container engine and no JDK runs the rest; OTTLA_TEST_JAVA=required makes that a failure.
const withoutJava = process.env['OTTLA_TEST_JAVA'] !== 'required' && !(isCommand('javac') && isCommand('mvn'))
if (withoutJava) console.warn(`No JDK with Maven here. Left out: ${needJava.join(', ')}\n`)

const javaSetup = withoutJava ? [] : ['test/support/java-setup.ts']
const exclude = ['**/node_modules/**', ...(withoutJava ? needJava : [])]
const unit = {
  extends: true as const,
  test: {
    name: 'unit',
    include: ['test/**/*.test.ts'],
    exclude: [...needBroker, ...exclude],
    globalSetup: javaSetup,
  },
}
const broker = {
  extends: true as const,
  test: {
    name: 'broker',
    include: needBroker,
    exclude,
    globalSetup: [...javaSetup, 'test/support/global-setup.ts'],
  },
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

function isCommand(name: string): boolean {
  const folders = [
    ...(process.env['JAVA_HOME'] ? [join(process.env['JAVA_HOME'], 'bin')] : []),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return folders.some(
    (folder) =>
      existsSync(join(folder, name)) ||
      existsSync(join(folder, `${name}.exe`)) ||
      existsSync(join(folder, `${name}.cmd`)),
  )
}
