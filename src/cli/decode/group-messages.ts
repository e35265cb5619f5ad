// Looks into the bytes that members of a group send each other through the coordinator, where a consumer's they are.

import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeAssignment,
  decodeStickyUserData,
  decodeSubscription,
  isKafkaError,
  type Message,
  StickyAssignorUserData,
} from '../../protocol/index.ts'
import { bytesTree, messageTree, type Opener, type Values } from './message.ts'
import { type Block, scalar, struct, type Tree } from './tree.ts'

type Lookup = (around: readonly Values[]) => unknown

/** What a field holds when the group's protocol type is consumer. */
interface Content {
  readonly what: 'subscription' | 'assignment'
  readonly protocolType: Lookup
  /** The assignor's name: a subscription's user data is its own. */
  readonly assignor: Lookup
}

const ofMessage = (name: string): Lookup => {
  return (around) => around.at(-1)?.[name]
}
const beside = (name: string): Lookup => {
  return (around) => around[0]?.[name]
}
const ofGroup = (name: string): Lookup => {
  return (around) => around[1]?.[name]
}

const chosen = { protocolType: ofMessage('protocolType'), assignor: ofMessage('protocolName') }
const described = { protocolType: ofGroup('protocolType'), assignor: ofGroup('protocolData') }
const stored = { protocolType: ofMessage('protocolType'), assignor: ofMessage('protocol') }

/** By the message's name and the field's path. */
const CONTENTS: { readonly [place: string]: Content } = {
  'JoinGroupRequest protocols.metadata': {
    what: 'subscription',
    protocolType: ofMessage('protocolType'),
    assignor: beside('name'),
  },
  'JoinGroupResponse members.metadata': { what: 'subscription', ...chosen },
  'SyncGroupRequest assignments.assignment': { what: 'assignment', ...chosen },
  'SyncGroupResponse assignment': { what: 'assignment', ...chosen },
  'DescribeGroupsResponse groups.members.memberMetadata': { what: 'subscription', ...described },
  'DescribeGroupsResponse groups.members.memberAssignment': { what: 'assignment', ...described },
  'GroupMetadataValue members.subscription': { what: 'subscription', ...stored },
  'GroupMetadataValue members.assignment': { what: 'assignment', ...stored },
  'ConsumerGroupMemberMetadataValue classicMemberMetadata.supportedProtocols.metadata': {
    what: 'subscription',
    protocolType: () => 'consumer',
    assignor: beside('name'),
  },
}

/** For the fields of one message. */
export function groupMessageOpener(message: string, full: boolean): Opener {
  return (path, bytes, around) => {
    const content = CONTENTS[`${message} ${path}`]
    if (content === undefined || bytes.length === 0) return undefined
    // Older versions do not say the type: what reads as a consumer's is taken for one.
    const type = content.protocolType(around) ?? undefined
    if (type !== undefined && type !== 'consumer') return undefined
    try {
      return content.what === 'assignment'
        ? opened(ConsumerProtocolAssignment, bytes, decodeAssignment, full)
        : opened(ConsumerProtocolSubscription, bytes, decodeSubscription, full, (_path, userData) =>
            userDataTree(content.assignor(around), userData, full),
          )
    } catch (error) {
      if (!isKafkaError(error, 'PROTOCOL_ERROR')) throw error
      return type === undefined ? undefined : unreadable(bytes, error.message, full)
    }
  }
}

function opened(
  message: Message,
  bytes: Buffer,
  decode: (bytes: Uint8Array) => Values,
  full: boolean,
  open?: Opener,
): Block {
  const version = bytes.readInt16BE(0)
  const values = decode(bytes)
  const known = Math.min(version, message.versions[1])
  const options = { version: known, full, ...(open !== undefined && { open }) }
  return block(message.name, version, bytes, messageTree(message.fields, values, options))
}

function userDataTree(assignor: unknown, bytes: Buffer, full: boolean): Tree | undefined {
  if (bytes.length === 0) return undefined
  if (assignor === 'cooperative-sticky' && bytes.length === 4) {
    return struct({ generation: scalar(bytes.readInt32BE(0)) })
  }
  if (assignor !== 'sticky') return undefined
  const values = decodeStickyUserData(bytes)
  // Nothing in it says its version: the generation is there, or not.
  const { name, fields } = StickyAssignorUserData
  return block(name, 1, bytes, messageTree(fields, values, { version: 1, full }))
}

function block(what: string, version: number, bytes: Buffer, value: Tree): Block {
  return {
    kind: 'block',
    heading: `${what} v${version}, ${bytes.length} bytes`,
    children: [value],
    json: () =>
      struct({
        as: scalar(what),
        version: scalar(version),
        bytes: scalar(bytes.toString('base64')),
        value,
      }),
  }
}

function unreadable(bytes: Buffer, reason: string, full: boolean): Tree {
  const tree = bytesTree(bytes, full)
  return tree.kind === 'scalar' ? { ...tree, text: `${tree.text} (unreadable: ${reason})` } : tree
}
