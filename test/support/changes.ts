// Waiting for something to become true: looked at after each change, never after a sleep.

/** Something that changes, and those who wait for it to come to a state. */
export class Changes {
  #waiting = new Set<() => void>()
  #failure: Error | undefined

  /** Something has changed: whoever waits looks again. */
  happened(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** Nothing that is waited for will come: all waits reject. */
  fail(error: Error): void {
    this.#failure ??= error
    this.happened()
  }

  /** Resolves when `condition` holds; after `deadlineMs` rejects with what it waited for and how things stand. */
  until(condition: () => boolean, what: () => string, deadlineMs = 45_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        clearTimeout(deadline)
        this.#waiting.delete(look)
        done()
      }
      const look = () => {
        if (this.#failure !== undefined) {
          const failure = this.#failure
          settle(() => reject(failure))
        } else if (condition()) settle(resolve)
      }
      const deadline = setTimeout(() => {
        settle(() => reject(new Error(`Waited in vain for ${what()}`)))
      }, deadlineMs)
      this.#waiting.add(look)
      look()
    })
  }
}
