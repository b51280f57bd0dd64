/** Waiting, for one session: timers that end with it, and a gate that stops what passes through it. */
import { setTimeout as sleep } from "node:timers/promises"

export class Timers {
  readonly #controller = new AbortController()

  /**
   * Acts after so many seconds, unless the session has ended. It acts only when the octets that were there before have
   * been read, so that a busy event loop costs no verdict.
   */
  async after(seconds: number, act: () => unknown = () => {}): Promise<void> {
    const { signal } = this.#controller
    try {
      await sleep(seconds * 1000, undefined, { signal })
      for (let turns = 0; turns < 3; turns++) await sleep(0, undefined, { signal })
    } catch {
      return
    }
    await act()
  }

  stop(): void {
    this.#controller.abort()
  }
}

/** Open at first; what awaits it while it is shut goes on when it opens. */
export class Gate {
  passed: Promise<void> = Promise.resolve()
  open: () => void = () => {}

  shut(): void {
    this.passed = new Promise((resolve) => (this.open = resolve))
  }
}
