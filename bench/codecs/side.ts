// The parent's end of a worker.

import { type ChildProcess, fork } from 'node:child_process'
import type { ClientName } from './clients.ts'
import type { Answer, Order } from './worker.ts'

export class Side {
  readonly name: ClientName
  readonly #child: ChildProcess
  #version = ''

  private constructor(name: ClientName) {
    this.name = name
    this.#child = fork(new URL('./worker.ts', import.meta.url), [name])
  }

  static async start(name: ClientName): Promise<Side> {
    const side = new Side(name)
    const answer = await side.#answer()
    if (answer.is === 'ready') side.#version = answer.version
    return side
  }

  get version(): string {
    return this.#version
  }

  order(order: Order): Promise<Answer> {
    const answer = this.#answer()
    this.#child.send(order)
    return answer
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the process of ${this.name} ended (${code})`))
      this.#child.once('exit', onExit)
      this.#child.once('message', (answer) => {
        this.#child.off('exit', onExit)
        resolve(answer as Answer)
      })
    })
  }
}
