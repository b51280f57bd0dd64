/**
 * A tunnel through a SOCKS 5 proxy (RFC 1928), with user and password (RFC 1929) if the proxy's URL has them.
 *
 *     greeting   05 | count | methods          method   05 | method
 *     login      01 | length | user | length | password         verdict  01 | 00
 *     request    05 | 01 (CONNECT) | 00 | address type | address | port (2)
 *     reply      05 | reply code | 00 | address type | address | port (2)
 *
 * With the scheme socks5h the proxy looks names up; with socks5 we do.
 */
import * as Redacted from "effect/Redacted"
import * as Ip from "./Ip.ts"
import type { Kind } from "./Kinds.ts"
import type { Credentials, ProxyServer } from "./ProxyServer.ts"
import {
  type Ask,
  ask,
  type Endpoint,
  malformed,
  nothing,
  octets,
  type Refusal,
  refusal,
  type Tunnel
} from "./Tunnel.ts"

function* connect(to: Endpoint, { credentials }: ProxyServer): Tunnel {
  const address = addressOf(to.host)
  if (address === undefined) return refusal("address type not supported", noRoom)
  const refused = yield* authenticate(credentials && Redacted.value(credentials))
  if (refused !== undefined) return refused
  const request = Uint8Array.of(0x05, 0x01, 0x00, ...address, to.port >> 8, to.port & 0xff)
  const reply = yield* ask(request, octets(2))
  const [version, code] = reply
  if (version !== 0x05 || code! >= replies.length) return malformed(reply)
  if (code !== 0x00) return refusal(replies[code!]!)
  const [reserved, type] = yield* ask(nothing, octets(2))
  const length = type === 0x03 ? (yield* ask(nothing, octets(1)))[0] : addressLengths.get(type!)
  if (reserved !== 0x00 || length === undefined) return malformed(Uint8Array.of(...reply, reserved!, type!))
  yield* ask(nothing, octets(length + 2))
  return { _tag: "Established", outcome: "succeeded" }
}

/** §3: the server chooses one of the offered methods. */
function* authenticate(credentials: Credentials | undefined): Generator<Ask, Refusal | undefined, unknown> {
  const methods = credentials === undefined ? [noAuthentication] : [noAuthentication, usernamePassword]
  const answer = yield* ask(Uint8Array.of(0x05, methods.length, ...methods), octets(2))
  const [version, method] = answer
  if (version !== 0x05) return malformed(answer)
  if (method === noAuthentication) return undefined
  if (method === noneOfThem)
    return refusal(credentials === undefined ? "authentication required" : "credentials refused")
  if (credentials === undefined || method !== usernamePassword) return malformed(answer)
  const login = Uint8Array.of(0x01, ...counted(credentials.username), ...counted(credentials.password))
  const verdict = yield* ask(login, octets(2))
  if (verdict[0] !== 0x01) return malformed(verdict)
  return verdict[1] === 0x00 ? undefined : refusal("credentials refused")
}

const addressOf = (host: string): ReadonlyArray<number> | undefined => {
  const ip = Ip.parse(host)
  // A literal with a zone (RFC 4007 §11) means nothing to the proxy.
  if (ip === undefined) return isCountable(host) && !host.includes(":") ? [0x03, ...counted(host)] : undefined
  const bytes = Ip.octets(ip)
  return [bytes.length === 4 ? 0x01 : 0x04, ...bytes]
}

const counted = (text: string): ReadonlyArray<number> => {
  const bytes = Buffer.from(text)
  return [bytes.length, ...bytes]
}

const isCountable = (text: string): boolean => {
  const length = Buffer.byteLength(text)
  return length >= 1 && length <= 255
}

/** RFC 1929 §2. */
const problemOf = ({ password, username }: Credentials): string | undefined =>
  isCountable(username) && isCountable(password) ? undefined : "SOCKS 5 wants a user and a password of 1 to 255 octets"

const shape = { defaultPort: 1080, isTls: false, problemOf, tunnel: connect } as const

export const kinds = {
  socks5: { ...shape, takes: "addresses" },
  socks5h: { ...shape, takes: "names" }
} satisfies Record<string, Kind>

const noRoom = "it takes an address, or a name of 1 to 255 octets"

const noAuthentication = 0x00
const usernamePassword = 0x02
const noneOfThem = 0xff

const addressLengths: ReadonlyMap<number, number> = new Map([
  [0x01, 4],
  [0x04, 16]
])

/** §6: what each code means. */
const replies = [
  "general failure",
  "general failure",
  "not allowed",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported"
] as const
