// The sides of the table. `node:zlib` is no client: it shows what of the gzip and zstd rows is Node's own.

import type { CodecDriver } from './contract.ts'

export const CLIENTS = ['ottla', 'kafkajs', 'platformatic', 'kafka-ts', 'node:zlib'] as const

export type ClientName = (typeof CLIENTS)[number]

export const FLOOR: ClientName = 'node:zlib'

export async function loadDriver(name: ClientName): Promise<CodecDriver> {
  const { driver } = (await import(`./drivers/${name.replace(':', '-')}.ts`)) as {
    readonly driver: CodecDriver
  }
  return driver
}
