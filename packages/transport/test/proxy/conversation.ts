/** Runs a conversation with a proxy over a table of bytes: what is sent, how it ends, and what is left of the input. */
import { assert } from "@effect/vitest"
import { TlsOptions } from "@effect-websocket/transport"
import * as Redacted from "effect/Redacted"
import { hex, toHex } from "../../../core/test/hex.ts"
import { replay } from "../../../core/test/replay.ts"
import type { Credentials, ProxyServer } from "../../src/internal/proxy/ProxyServer.ts"
import type { Tunnel } from "../../src/internal/proxy/Tunnel.ts"

export const server = (
  scheme: string,
  credentials?: Credentials,
  headers: ProxyServer["headers"] = []
): ProxyServer => ({
  scheme,
  host: "proxy.test",
  port: 1080,
  credentials: credentials && Redacted.make(credentials),
  tls: TlsOptions.make({}),
  headers
})

export interface Expected {
  /** What is sent, one after the other, in hex. */
  readonly sent: ReadonlyArray<string>
  /** What the tunnel answers in the end; undefined while it waits for more. */
  readonly end: object | undefined
}

/** Whatever way the answer is cut, and whatever comes behind it. */
export const plays = (tunnel: () => Tunnel, answer: Uint8Array, { end, sent }: Expected): void => {
  const stands = end !== undefined && "_tag" in end && end._tag === "Established"
  for (const behind of stands ? [hex(""), hex("81 05 48 65 6c 6c 6f")] : [hex("")]) {
    replay(Uint8Array.from([...answer, ...behind]), (chunks, how) => {
      const played = play(tunnel(), chunks)
      assert.deepStrictEqual(
        { sent: played.sent, end: played.end },
        { sent: sent.map((bytes) => toHex(hex(bytes))), end },
        how
      )
      if (stands) assert.strictEqual(toHex(Buffer.concat(played.left)), toHex(behind), how)
    })
  }
}

export const play = (tunnel: Tunnel, chunks: Array<Uint8Array>) => {
  const sent: Array<string> = []
  const left = [...chunks]
  let turn = tunnel.next()
  while (turn.done !== true) {
    const { reader, send } = turn.value
    if (send.length > 0) sent.push(toHex(send))
    let value: unknown
    let isRead = false
    while (!isRead) {
      const chunk = left.shift()
      if (chunk === undefined) return { sent, end: undefined, left }
      const answer = reader.push(chunk)
      if ("_tag" in answer) continue
      isRead = true
      value = answer.value
      if (answer.leftover.length > 0) left.unshift(answer.leftover)
    }
    turn = tunnel.next(value)
  }
  return { sent, end: turn.value, left }
}

export const established = (outcome: string) => ({ _tag: "Established", outcome })

export const refused = (problem: string, detail = "", more: object = {}) => ({
  _tag: "Refusal",
  problem,
  detail,
  ...more
})
