/**
 * A conversation with a proxy, pure: what to send, and how much of the answer to wait for, until the tunnel is open or the
 * proxy has refused. Each kind of proxy is a generator of `Ask`s. `Through` runs it over a byte stream, and tests over tables
 * of bytes.
 *
 * Every reader has a limit, so no answer can be too long. What comes after the last answer belongs to the tunnel.
 */
import { type NeedMore, needMore } from "@effect-websocket/core"
import type { ProxyFailed } from "../../ProxyFailed.ts"

/** Sends this, waits until the reader has read its part of the answer, and continues with that. */
export interface Ask {
  readonly send: Uint8Array
  readonly reader: Reader<unknown>
}

/** After any other answer than NeedMore it is finished. */
export interface Reader<A> {
  readonly push: (chunk: Uint8Array) => NeedMore | Read<A>
}

export interface Read<A> {
  readonly value: A
  /** What the last chunk held after it: a view. */
  readonly leftover: Uint8Array
}

/** Why there is no tunnel. */
export type Refusal = { readonly _tag: "Refusal" } & Pick<ProxyFailed, "problem" | "status" | "schemes" | "detail">

/** The tunnel is open. `outcome` is what the proxy said about it. */
export interface Established {
  readonly _tag: "Established"
  readonly outcome: string
}

export type Tunnel = Generator<Ask, Refusal | Established, unknown>

/** Where a tunnel should end. */
export interface Endpoint {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** One exchange. `send` may be empty. */
export function* ask<A>(send: Uint8Array, reader: Reader<A>): Generator<Ask, A, unknown> {
  return (yield { send, reader }) as A
}

export const nothing: Uint8Array = new Uint8Array(0)

/** Reads exactly this many octets. */
export const octets = (length: number): Reader<Uint8Array> => {
  const bytes = new Uint8Array(length)
  let filled = 0
  return {
    push: (chunk) => {
      const taken = chunk.subarray(0, length - filled)
      bytes.set(taken, filled)
      filled += taken.length
      return filled < length ? needMore : { value: bytes, leftover: chunk.subarray(taken.length) }
    }
  }
}

export const refusal = (problem: ProxyFailed["problem"], detail = ""): Refusal => ({ _tag: "Refusal", problem, detail })

/** The answer was not one of the protocol: shows it in hex. */
export const malformed = (found: Uint8Array): Refusal =>
  refusal("malformed answer", `It sent ${Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`)
