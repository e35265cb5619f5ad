// The container engine, found through testcontainers, and the containers a run of ours left there.
import { within } from './process.ts'

/** Containers and networks of ours carry this label, with a value of the run's own. */
export const runLabel = 'ottla.broker.run'

/** testcontainers' client of the engine. Rejects within seconds when none answers. */
export async function reachEngine() {
  // Loaded only here: it is large, and most runs of a single test file do not need it.
  const { getContainerRuntimeClient } = await import('testcontainers')
  return within(5000, getContainerRuntimeClient(), () => 'no container engine answered within 5000 ms')
}

export async function dockerode() {
  return (await reachEngine()).container.dockerode
}

/** Removes the containers and networks of a run, whatever their state. */
export async function removeContainers(run: string): Promise<void> {
  const engine = await dockerode()
  const filters = { label: [`${runLabel}=${run}`] }
  for (const { Id } of await engine.listContainers({ all: true, filters })) {
    await engine.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id } of await engine.listNetworks({ filters })) {
    await engine.getNetwork(Id).remove()
  }
}
