// The container engine, found through testcontainers, and the containers a run of ours left there.
import type { ContainerRuntimeClient as Engine } from 'testcontainers'
import { within } from './process.ts'

export type { Engine }

/** Containers and networks of ours carry this label, with a value of the run's own. */
export const runLabel = 'ottla.broker.run'

/** testcontainers' client of the engine. Rejects within seconds when none answers. */
export async function reachEngine(): Promise<Engine> {
  // Loaded only here: it is large, and most runs of a single test file do not need it.
  const { getContainerRuntimeClient } = await import('testcontainers')
  return within(5000, getContainerRuntimeClient(), () => 'no container engine answered within 5000 ms')
}

/** Has the engine fetch the image unless it holds it. */
export async function pullImage(engine: Engine, image: string): Promise<void> {
  const { ImageName } = await import('testcontainers')
  const pulled = engine.image.pull(ImageName.fromString(image))
  await within(300_000, pulled, () => `the engine could not fetch ${image} within 300 s`)
  // An engine may report a failed pull only inside the stream that testcontainers drains.
  await engine.container.dockerode.getImage(image).inspect()
}

/** Removes the containers and networks of a run, whatever their state. */
export async function removeContainers(run: string): Promise<void> {
  const engine = (await reachEngine()).container.dockerode
  const filters = { label: [`${runLabel}=${run}`] }
  for (const { Id } of await engine.listContainers({ all: true, filters })) {
    await engine.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id } of await engine.listNetworks({ filters })) {
    await engine.getNetwork(Id).remove()
  }
}
