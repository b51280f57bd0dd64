/**
 * What a client of a proxy sends, read piece by piece. What the pieces mean, `ProxyRequests` knows.
 */
import { Buffer } from "node:buffer"
import * as Effect from "effect/Effect"
import type { Pull } from "effect/Pull"
import type * as Listener from "./Listener.ts"

/** What it says is kept until its tunnel stands. */
export class ProxyClient {
  readonly wire: Listener.Accepted
  readonly #heard: Array<string>
  #unread: Uint8Array = new Uint8Array(0)

  constructor(wire: Listener.Accepted, heard: Array<string>) {
    this.wire = wire
    this.#heard = heard
  }

  /** Reads this many bytes. */
  bytes(length: number): Pull<Uint8Array> {
    return this.#until(() => (this.#unread.length < length ? undefined : length))
  }

  /** Reads text up to and including `end`. */
  text(end: string): Pull<string> {
    const bytes = this.#until(() => {
      const at = Buffer.from(this.#unread).indexOf(end, 0, "latin1")
      return at === -1 ? undefined : at + end.length
    })
    return Effect.map(bytes, (bytes) => Buffer.from(bytes).toString("latin1"))
  }

  /** What comes for the server. */
  readonly tunnelled: Pull<Uint8Array> = Effect.suspend(() => {
    const bytes = this.#unread
    this.#unread = new Uint8Array(0)
    return bytes.length > 0 ? Effect.succeed(bytes) : this.wire.take
  })

  #until(length: () => number | undefined): Pull<Uint8Array> {
    return Effect.suspend(() => {
      const found = length()
      if (found === undefined) {
        return Effect.flatMap(this.wire.take, (bytes) => {
          this.#unread = Buffer.concat([this.#unread, bytes])
          return this.#until(length)
        })
      }
      const read = this.#unread.subarray(0, found)
      this.#unread = this.#unread.subarray(found)
      remember(this.#heard, Buffer.from(read).toString("latin1"))
      return Effect.succeed(read)
    })
  }
}

/** So that a proxy may serve for as long as one likes. */
export const remember = (items: Array<string>, item: string) => {
  items.push(item)
  if (items.length > remembered) items.shift()
}

const remembered = 1024
