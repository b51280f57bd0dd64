/**
 * A conversation with a proxy, pure: what to send, and how much of the answer to wait for, until the tunnel stands or
 * the proxy has said no. Each kind of proxy is one generator of `Ask`s; `Through` runs it over a byte stream, a test over
 * a table of bytes.
 *
 * Readers are bounded, so no answer can be too much. What comes behind the last one belongs to the tunnel.
 */
import { type NeedMore, needMore } from "@effect-websocket/core"
import type { ProxyFailed } from "../../ProxyFailed.ts"

/** Sends this, then waits until the reader has read its part of the answer, and goes on with what it read. */
export interface Ask {
  readonly send: Uint8Array
  readonly reader: Reader<unknown>
}

/** After any other answer than NeedMore it has done its work. */
export interface Reader<A> {
  readonly push: (chunk: Uint8Array) => NeedMore | Read<A>
}

export interface Read<A> {
  readonly value: A
  /** What the last chunk held behind it: a view. */
  readonly leftover: Uint8Array
}

/** There is no tunnel, and why. */
export type Refusal = { readonly _tag: "Refusal" } & Pick<ProxyFailed, "problem" | "status" | "schemes" | "detail">

/** The tunnel stands; what the proxy said about it. */
export interface Standing {
  readonly _tag: "Standing"
  readonly outcome: string
}

export type Tunnel = Generator<Ask, Refusal | Standing, unknown>

/** Where a tunnel is to end. */
export interface Endpoint {
  /** A host name or an IP literal, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** One exchange; what is sent may be nothing. */
export function* ask<A>(send: Uint8Array, reader: Reader<A>): Generator<Ask, A, unknown> {
  return (yield { send, reader }) as A
}

export const nothing: Uint8Array = new Uint8Array(0)

/** Exactly so many octets. */
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

/** What came in place of an answer of the protocol, in hex. */
export const malformed = (found: Uint8Array): Refusal =>
  refusal("malformed answer", `It sent ${Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`)
