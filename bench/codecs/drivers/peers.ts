// Loads the peers from bench/node_modules. Their types are not needed: a driver says what it uses.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(new URL('../../package.json', import.meta.url))
const modules = new URL('../../node_modules/', import.meta.url)

export function requirePeer<Module>(specifier: string): Module {
  return require(specifier) as Module
}

/** By its path below bench/node_modules, whatever its package exports. */
export async function importPeer<Module>(path: string): Promise<Module> {
  const url = pathToFileURL(new URL(path, modules).pathname).href
  return (await import(url)) as Module
}

export function versionOfPeer(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), 'utf8'))
  return (manifest as { readonly version: string }).version
}
