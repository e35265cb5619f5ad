// `npm run bench -- <scenario> [options]`. See README.md.

import { ensurePeers } from './peers.ts'

const SCENARIOS: { readonly [name: string]: (args: readonly string[]) => Promise<number> } = {
  async codecs(args) {
    ensurePeers()
    const { runCodecs } = await import('./codecs/run.ts')
    return runCodecs(args)
  },
  async produce(args) {
    // It reads the command line itself: it can also be run alone.
    process.argv.splice(2, process.argv.length, ...args)
    await import('./produce.ts')
    return 0
  },
}

const [name = '', ...args] = process.argv.slice(2)
const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined
if (scenario === undefined) {
  console.error(`usage: npm run bench -- <${Object.keys(SCENARIOS).join(' | ')}> [options] (bench/README.md)`)
  process.exitCode = 2
} else {
  process.exitCode = await scenario(args)
}
