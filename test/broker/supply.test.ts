import { expect, inject, test } from 'vitest'
import { listedBrokers } from '../support/brokers/ready.ts'

test('every test that needs a broker is given the address of one that serves', async () => {
  const addresses = inject('bootstrapServers').split(',')
  expect(addresses).not.toEqual([])
  for (const address of addresses) {
    const [host = '', port] = address.split(':')
    expect(await listedBrokers({ host, port: Number(port) }, 10_000)).not.toEqual([])
  }
})
