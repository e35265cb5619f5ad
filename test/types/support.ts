// What the type programs share: a client that exists in types only, and a way to claim that two types are the same.

import type { KafkaClients } from '../../src/client/clients.ts'

export type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export function is<_Claim extends true>(): void {}

export declare const kafka: KafkaClients

export interface Order {
  readonly id: string
  readonly amount: number
}

export interface Enriched extends Order {
  readonly country: string
}

export interface Payment {
  readonly orderId: string
  readonly cents: number
}

export declare const order: Order
