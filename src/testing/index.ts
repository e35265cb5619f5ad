// `ottla/testing`: how assignors are tested, with no broker and no clock.

export { AssignmentError, isKafkaError, KafkaError } from '../errors.ts'
export type {
  AssignmentInput,
  Assignor,
  GroupAssignment,
  GroupMember,
  JoiningMember,
  RebalanceProtocol,
  TopicPartition,
} from '../group/assignors/assignor.ts'
export type { BuiltinAssignorName } from '../group/assignors/builtin.ts'
export {
  expectBalanced,
  expectOrderIndependent,
  expectSticky,
  expectUninterrupted,
  type Simulated,
} from './assertions.ts'
export { simulateGroup } from './group.ts'
export type * from './types.ts'
