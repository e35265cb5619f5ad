// A member that lists several assignors, and a leader that assigns, seen from a scripted coordinator.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AssignmentInput, Assignor } from '../../../src/group/assignors/assignor.ts'
import { range } from '../../../src/group/assignors/range.ts'
import { JoinGroup, LeaveGroup, Metadata } from '../../../src/protocol/api/index.ts'
import { decodeSubscription } from '../../../src/protocol/group-messages/subscription.ts'
import { keeping } from '../../group/classic/keeping-assignor.ts'
import { GroupStage } from './group-stage.ts'

let stage: GroupStage
beforeEach(async () => {
  stage = await GroupStage.start()
})
afterEach(() => stage.stop())

const all = 'orders-0 orders-1 orders-2'
/** What the joins so far said to each assignor. */
const joins = () =>
  stage.broker.received(JoinGroup).map(({ body }) => {
    return body.protocols.map(({ name, metadata }) => ({ name, ...decodeSubscription(metadata) }))
  })
const another = (options: Record<string, unknown>) => stage.member(options, {}, stage.newCluster())

describe('several assignors', () => {
  it('are offered in order, each with its own user data; the group agrees on one', async () => {
    const seen: unknown[] = []
    const mine: Assignor = {
      ...range,
      name: 'mine',
      userData(member) {
        seen.push(member)
        return Buffer.from(`generation ${member.generation}`)
      },
    }
    const first = stage.member({ partitionAssignmentStrategy: [mine, 'range'] })
    await first.membership.join({})
    expect(first.account).toContainEqual(expect.stringContaining('assignor mine'))
    const [, [toMine, toRange] = []] = joins()
    expect(toMine).toMatchObject({ name: 'mine', topics: ['orders'], userData: Buffer.from('generation -1') })
    expect(toRange).toMatchObject({ name: 'range', topics: ['orders'], userData: null, ownedPartitions: [] })
    const second = another({ partitionAssignmentStrategy: ['range'] })
    await second.membership.join({})
    expect(second.account).toContainEqual(expect.stringContaining('assignor range'))
    await first.until('take orders-0 orders-1, new orders-0 orders-1')
    const lastAssigned = [0, 1, 2].map((partition) => ({ topic: 'orders', partition }))
    expect(seen.at(-1)).toEqual({ topics: ['orders'], lastAssigned, generation: 1 })
  })

  it('of which members share none are the end of who comes last, with what to change', async () => {
    await stage.member().membership.join({})
    const second = another({ partitionAssignmentStrategy: ['roundrobin'] })
    await expect(second.membership.join({})).rejects.toMatchObject({
      code: 'INCONSISTENT_GROUP_PROTOCOL',
      fatal: true,
      message: expect.stringContaining('partitionAssignmentStrategy'),
    })
  })
})

describe('a cooperative group', () => {
  const cooperative = { partitionAssignmentStrategy: [keeping] }

  it('G5: has each give up only what another gets, which joins with it the next time', async () => {
    const first = stage.member(cooperative)
    await first.membership.join({})
    const second = another(cooperative)
    await second.membership.join({})
    await second.until('take orders-2, new orders-2')
    await first.until('take orders-0 orders-1, new nothing')
    await stage.broker.when(() => first.told.length >= 4)
    expect(first.told).toEqual([
      `take ${all}, new ${all}`,
      'revoke orders-2',
      'take orders-0 orders-1, new nothing',
      'take orders-0 orders-1, new nothing',
    ])
    expect(second.told).toEqual(['take nothing, new nothing', 'take orders-2, new orders-2'])
    const claims = joins().map(
      ([{ ownedPartitions, generationId } = { ownedPartitions: [], generationId: -1 }]) =>
        ownedPartitions.map(({ partitions }) => `${partitions} in ${generationId}`).join(),
    )
    // Of the first: new, with its id, for the second, when it had given up; of the second likewise.
    expect(claims.sort()).toEqual(['', '', '', '', '', '0,1 in 2', '0,1,2 in 1'])
  })

  it('goes on with what it keeps while it says so', async () => {
    const first = stage.member(cooperative)
    await first.membership.join({})
    stage.group.holdJoins = true
    stage.group.coordinator.demandRebalance()
    await stage.broker.until(JoinGroup, 3)
    expect(first.membership.state).toBe('joining')
    expect(first.membership.identity()).toMatchObject({ generation: 1 })
    expect(first.account.at(-1)).toContain('goes on with orders 0, 1, 2 meanwhile')
    stage.group.completeJoin()
    await first.until(`take ${all}, new nothing`)
    expect(first.told).not.toContain(`revoke ${all}`)
  })

  it('is eager as long as one of its assignors is', async () => {
    const first = stage.member({ partitionAssignmentStrategy: ['range', keeping] })
    await first.membership.join({})
    const second = another(cooperative)
    await second.membership.join({})
    await first.until(`revoke ${all}`)
    expect(first.account).toContainEqual(expect.stringContaining('assignor keeping'))
  })
})

describe('a leader', () => {
  it('G11: gives nothing to a member whose subscription cannot be read, says so, and the group goes on', async () => {
    const { coordinator } = stage.group
    const first = stage.member()
    await first.membership.join({})
    const stranger = coordinator.promise()
    const metadata = Buffer.from([0xff, 0xff])
    const request = { memberId: stranger, groupInstanceId: null, protocols: [{ name: 'range', metadata }] }
    const given = new Promise<Buffer>((resolve) => {
      coordinator.join(request, ({ generation }) => {
        coordinator.sync(stranger, generation, [], ({ assignment }) => resolve(Buffer.from(assignment)))
      })
    })
    expect((await given).toString('hex')).toBe('000000000000ffffffff')
    await first.until(`revoke ${all}`)
    await first.membership.join({})
    expect(first.told.at(-1)).toBe(`take ${all}, new ${all}`)
    expect(first.warnings).toEqual([expect.stringMatching(/subscription of member m2 cannot be read/)])
  })

  it('whose own assignor throws ends, with its name, and leaves the group to others', async () => {
    const broken: Assignor = {
      ...range,
      assign() {
        throw new RangeError('no idea')
      },
    }
    const first = stage.member({ partitionAssignmentStrategy: [broken] })
    await expect(first.membership.join({})).rejects.toMatchObject({
      ...{ code: 'INVALID_ASSIGNMENT', fatal: true, groupId: 'g', assignor: 'range' },
      message: expect.stringMatching(/assignor 'range' failed to assign.*no idea/),
    })
    expect(first.membership.state).toBe('failed')
    const [leave] = await stage.broker.until(LeaveGroup)
    expect(leave?.body.members).toMatchObject([
      { memberId: 'm1', reason: expect.stringContaining('no idea') },
    ])
    const second = another({})
    await second.membership.join({})
    expect(second.told).toEqual([`take ${all}, new ${all}`])
  })

  it.each<[string, (input: AssignmentInput) => [number, number][], number, RegExp]>([
    [
      'twice',
      () => [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 2],
      ],
      2,
      /gave orders-2 to m1 and to m2/,
    ],
    [
      'to nobody',
      () => [
        [0, 0],
        [1, 2],
      ],
      1,
      /gave orders-1 to nobody/,
    ],
    [
      'that does not exist',
      () => [
        [0, 0],
        [0, 1],
        [1, 2],
        [1, 3],
      ],
      3,
      /orders has 3 partitions/,
    ],
  ])(
    'whose own assignor gives a partition %s ends with the member and the partition; the group goes on with another',
    async (_, share, partition, message) => {
      const bad: Assignor = {
        ...range,
        assign(input) {
          if (input.members.length < 2) return range.assign(input)
          const members = input.members.map(({ memberId }) => memberId).sort()
          const lists = members.map((_, index) =>
            share(input).flatMap(([owner, partition]) =>
              owner === index ? [{ topic: 'orders', partition }] : [],
            ),
          )
          return new Map(members.map((memberId, index) => [memberId, lists[index]!]))
        },
      }
      const first = stage.member({ partitionAssignmentStrategy: [bad] })
      await first.membership.join({})
      const second = another({})
      await second.membership.join({})
      await first.until('fatal INVALID_ASSIGNMENT')
      await expect(first.membership.join({})).rejects.toMatchObject({
        ...{ code: 'INVALID_ASSIGNMENT', assignor: 'range', topic: 'orders', partition, fatal: true },
        message: expect.stringMatching(message),
      })
      await second.until(`take ${all}, new ${all}`)
    },
  )

  it('that follows a cooperative rule of its own, and gives on what another still has, is found out', async () => {
    const greedy: Assignor = { ...range, name: 'greedy', protocol: 'cooperative' }
    const first = stage.member({ partitionAssignmentStrategy: [greedy] })
    await first.membership.join({})
    const second = another({ partitionAssignmentStrategy: [greedy] })
    void second.membership.join({})
    await first.until(`fatal INVALID_ASSIGNMENT`)
    await expect(first.membership.join({})).rejects.toThrow(/gave orders-2 to m2 while m1 has it/)
    await second.until(`take ${all}, new ${all}`)
  })

  it('or any member whose assignor fails to write its user data ends, with its name', async () => {
    const broken: Assignor = {
      ...range,
      userData() {
        throw new RangeError('no idea')
      },
    }
    await expect(
      stage.member({ partitionAssignmentStrategy: [broken] }).membership.join({}),
    ).rejects.toMatchObject({
      fatal: true,
      message: expect.stringMatching(/assignor 'range' failed to write its user data.*no idea/),
    })
  })

  describe('G10: tells assignors of racks, and rejoins when they change', () => {
    let racks: Record<number, string | null>
    const inputs: AssignmentInput[] = []
    const watching: Assignor = {
      ...range,
      assign(input) {
        inputs.push(input)
        return range.assign(input)
      },
    }
    beforeEach(() => {
      racks = { 1: 'a', 2: null }
      inputs.length = 0
      for (const each of stage.script.brokers) {
        each.on(Metadata, (request) => {
          const answer = stage.script.metadata(request)
          const brokers = answer.brokers.map((broker) => ({ ...broker, rack: racks[broker.nodeId] ?? null }))
          request.respond({ ...answer, brokers })
        })
      }
    })

    it('where a member says on which rack it is', async () => {
      const { membership, until, told } = stage.member({
        partitionAssignmentStrategy: [watching],
        clientRack: 'a',
      })
      await membership.join({})
      expect(inputs[0]?.partitionRacks).toEqual(new Map([['orders', [['a'], ['a'], ['a']]]]))
      expect(inputs[0]?.members[0]?.rackId).toBe('a')
      racks[1] = 'b'
      await stage.cluster.refresh()
      await until(`revoke ${all}`)
      while (inputs.length < 2) await stage.cluster.refresh()
      expect(inputs[1]?.partitionRacks?.get('orders')).toEqual([['b'], ['b'], ['b']])
      expect(told.filter((line) => line.startsWith('revoke'))).toHaveLength(1)
    })

    it('not where nobody does', async () => {
      const { membership, told } = stage.member({ partitionAssignmentStrategy: [watching] })
      await membership.join({})
      racks[1] = 'b'
      await stage.cluster.refresh()
      await stage.cluster.refresh()
      expect(told).toHaveLength(1)
      expect(membership.state).toBe('stable')
    })
  })
})
