/**
 * How clients ask a proxy for a server, in three protocols: their requests, and the answers to them. Written against the
 * bytes of the protocols, and knows nothing of the client's side of them.
 */
import { Buffer } from "node:buffer"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { ProxyClient } from "./ProxyClient.ts"

export type Kind = "http" | "socks4" | "socks5"

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** What was asked for, and the answers when it can be had and when it cannot. */
export interface Request {
  readonly host: string
  readonly port: number
  readonly granted: Uint8Array
  readonly failed: Uint8Array
}

/** Undefined: the client was told why it is refused. Without credentials everyone is let in; SOCKS 4 has the user alone. */
export const read = (
  kind: Kind,
  client: ProxyClient,
  credentials: Credentials | undefined
): Effect.Effect<Request | undefined, Cause.Done> => requests[kind](client, credentials)

/** RFC 9110 §9.3.6. */
const connect = Effect.fnUntraced(function* (client: ProxyClient, credentials: Credentials | undefined) {
  const head = yield* client.text("\r\n\r\n")
  const [, host, port] = /^CONNECT (?:\[(?=.*\]))?([^\r ]+?)\]?:(\d+) HTTP\/1\.1\r\nHost: /.exec(head) ?? []
  const expected = credentials && Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")
  const isKnown = expected === undefined || head.includes(`\r\nProxy-Authorization: Basic ${expected}\r\n`)
  if (host === undefined || !isKnown) {
    client.wire.send(latin1(host === undefined ? "HTTP/1.1 400 Bad Request\r\n\r\n" : whoAreYou))
    return undefined
  }
  const granted = latin1("HTTP/1.1 200 Connection established\r\n\r\n")
  return { host, port: Number(port), granted, failed: latin1("HTTP/1.1 502 Bad Gateway\r\n\r\n") }
})

const whoAreYou =
  'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n'

const socks4 = Effect.fnUntraced(function* (client: ProxyClient, credentials: Credentials | undefined) {
  const fixed = yield* client.bytes(8)
  const user = (yield* client.text("\0")).slice(0, -1)
  const isName = fixed[4] === 0 && fixed[5] === 0 && fixed[6] === 0 && fixed[7] !== 0
  const host = isName ? (yield* client.text("\0")).slice(0, -1) : fixed.subarray(4, 8).join(".")
  if (credentials !== undefined && user !== credentials.username) {
    client.wire.send(Uint8Array.of(0x00, 0x5d, 0, 0, 0, 0, 0, 0))
    return undefined
  }
  const granted = Uint8Array.of(0x00, 0x5a, 0, 0, 0, 0, 0, 0)
  return { host, port: (fixed[2]! << 8) | fixed[3]!, granted, failed: Uint8Array.of(0x00, 0x5b, 0, 0, 0, 0, 0, 0) }
})

/** RFC 1928, RFC 1929. */
const socks5 = Effect.fnUntraced(function* (client: ProxyClient, credentials: Credentials | undefined) {
  const methods = yield* client.bytes((yield* client.bytes(2))[1]!)
  const method = credentials === undefined ? 0x00 : 0x02
  if (!methods.includes(method)) {
    client.wire.send(Uint8Array.of(0x05, 0xff))
    return undefined
  }
  client.wire.send(Uint8Array.of(0x05, method))
  if (credentials !== undefined) {
    const username = yield* client.bytes((yield* client.bytes(2))[1]!)
    const password = yield* client.bytes((yield* client.bytes(1))[0]!)
    const isKnown = `${utf8(username)}\0${utf8(password)}` === `${credentials.username}\0${credentials.password}`
    client.wire.send(Uint8Array.of(0x01, isKnown ? 0x00 : 0x01))
    if (!isKnown) return undefined
  }
  const [, , , type] = yield* client.bytes(4)
  const length = type === 0x03 ? (yield* client.bytes(1))[0]! : type === 0x01 ? 4 : 16
  const address = yield* client.bytes(length)
  const port = Buffer.from(yield* client.bytes(2)).readUInt16BE()
  const reply = (code: number) => Uint8Array.of(0x05, code, 0x00, 0x01, 0, 0, 0, 0, 0, 0)
  return { host: hostOf(type!, address), port, granted: reply(0x00), failed: reply(0x05) }
})

const requests: Record<
  Kind,
  (client: ProxyClient, credentials: Credentials | undefined) => Effect.Effect<Request | undefined, Cause.Done>
> = { http: connect, socks4, socks5 }

const hostOf = (type: number, address: Uint8Array): string => {
  if (type === 0x03) return utf8(address)
  if (type === 0x01) return address.join(".")
  return Buffer.from(address)
    .toString("hex")
    .replaceAll(/....(?=.)/g, "$&:")
}

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const latin1 = (text: string) => Buffer.from(text, "latin1")
