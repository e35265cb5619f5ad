// The peers are installed here, not with the project.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs them, as bench/package-lock.json says, where they are missing. No install script is run. */
export function ensurePeers(): void {
  if (existsSync(`${here}node_modules/.package-lock.json`)) return
  console.error('The other clients are not there yet: npm ci in bench/ (about 20 s, once).')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' })
}
