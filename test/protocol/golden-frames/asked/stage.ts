// What the questions of this folder are asked with: every version that the broker and we know, one after the other.
import { ApiVersions } from '../../../../src/protocol/api/index.ts'
import type { Api, RequestOf, ResponseOf } from '../../../../src/protocol/schema.ts'
import type { Asker, Json } from '../asker.ts'

export interface Stage {
  /** Undefined when there was no answer, or no version. */
  ask<A extends Api>(
    api: A,
    version: number | undefined,
    body: RequestOf<A>,
  ): Promise<Json<ResponseOf<A>> | undefined>
  /** The versions that both know, the lowest first. */
  versions(api: Api): readonly number[]
  /** Of those the nth, counted from 0, or the last; undefined when there is none. */
  at(api: Api, rank: number): number | undefined
  /** The ranks that it takes to have every version of these APIs. */
  ranks(...apis: readonly Api[]): readonly number[]
  /** Names of topics and groups begin with it. */
  readonly prefix: string
}

export async function createStage(asker: Asker, prefix: string): Promise<Stage> {
  const answer = await asker.ask(ApiVersions, 0, {})
  if (answer === undefined) throw new Error('the broker did not say what it speaks')
  const known = new Map(answer.apiKeys.map(({ apiKey, ...range }) => [apiKey, range]))
  const versions = ({ key, versions: [first, last] }: Api): readonly number[] => {
    const range = known.get(key)
    if (range === undefined) return []
    const [from, to] = [Math.max(first, range.minVersion), Math.min(last, range.maxVersion)]
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  }
  return {
    prefix,
    versions,
    at: (api, rank) => versions(api)[Math.min(rank, versions(api).length - 1)],
    ranks(...apis) {
      const count = Math.max(...apis.map((api) => versions(api).length))
      return Array.from({ length: count }, (_, i) => i)
    },
    ask: async (api, version, body) =>
      version === undefined ? undefined : await asker.ask(api, version, body),
  }
}
