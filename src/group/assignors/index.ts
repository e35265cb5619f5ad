// `ottla/assignors`: how members share partitions, as plain functions; no client, no broker.

export type {
  AssignmentInput,
  Assignor,
  GroupAssignment,
  GroupMember,
  JoiningMember,
  RebalanceProtocol,
  TopicPartition,
} from './assignor.ts'
export { cooperativeSticky } from './cooperative-sticky.ts'
export { range } from './range.ts'
export { roundRobin } from './round-robin.ts'
export { sticky } from './sticky.ts'
