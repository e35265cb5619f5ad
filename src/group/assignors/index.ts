// `ottla/assignors`: how members of a group share partitions, as plain functions; no client, no broker.

export { AssignmentError, isKafkaError, KafkaError } from '../../errors.ts'
export type {
  AssignmentInput,
  Assignor,
  GroupAssignment,
  GroupMember,
  JoiningMember,
  RebalanceProtocol,
  TopicPartition,
} from './assignor.ts'
export { type BuiltinAssignorName, builtinAssignor, builtinAssignors } from './builtin.ts'
export { checkAssignment } from './check.ts'
export { cooperativeSticky } from './cooperative-sticky.ts'
export { range } from './range.ts'
export { roundRobin } from './round-robin.ts'
export { sticky } from './sticky.ts'
