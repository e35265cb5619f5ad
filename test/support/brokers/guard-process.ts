// The guard: a process of its own that reads what to look after (lines of JSON on its standard input) and,
// when that input ends because its parent is gone, ends those processes, removes those folders and containers.
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { GuardLine } from './guard.ts'

const pids = new Set<number>()
const folders = new Set<string>()
const labels = new Set<string>()

for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as GuardLine
  if ('watch' in line) {
    if (line.watch === 'process') pids.add(line.pid)
    else if (line.watch === 'folder') folders.add(line.path)
    else labels.add(line.label)
  } else {
    if (line.forget === 'process') pids.delete(line.pid)
    else if (line.forget === 'folder') folders.delete(line.path)
    else labels.delete(line.label)
  }
}

for (const pid of pids) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
for (const path of folders) {
  // A process that was killed just now may still write for a moment: try again while the folder fills.
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(() => {})
}
if (labels.size > 0) {
  const { removeContainers } = await import('./engine.ts')
  const removeAll = () => Promise.all([...labels].map((label) => removeContainers(label).catch(() => {})))
  await removeAll()
  // The engine may just have been making one for the parent: look a second time.
  await delay(3000)
  await removeAll()
}
