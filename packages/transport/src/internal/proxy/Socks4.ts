/**
 * A tunnel through a SOCKS 4 proxy, which takes IPv4 addresses, or a SOCKS 4A proxy, which takes names too. There is no RFC for
 * either; everybody follows Ying-Da Lee's memos "SOCKS: A protocol for TCP proxy across firewalls" and "SOCKS 4A".
 *
 *     request    04 | 01 (CONNECT) | port (2) | IPv4 address (4) | user | 00 [ | name | 00 ]
 *     reply      00 | reply code | port (2) | IPv4 address (4)
 *
 * The address 0.0.0.1 means that a name follows.
 */
import * as Redacted from "effect/Redacted"
import type { ProxyProblem } from "../../ProxyFailed.ts"
import * as Ip from "./Ip.ts"
import type { Kind } from "./Kinds.ts"
import type { Credentials, ProxyServer } from "./ProxyServer.ts"
import { ask, type Endpoint, malformed, nothing, octets, refusal, type Tunnel } from "./Tunnel.ts"

function* connect(to: Endpoint, { credentials }: ProxyServer): Tunnel {
  const address = Ip.parse(to.host)
  const isName = address === undefined
  const ip = isName ? nameFollows : Ip.octets(address)
  if (ip.length !== 4) return refusal("address type not supported", "SOCKS 4 has no room for an IPv6 address")
  // A literal with a zone (RFC 4007 §11) means nothing to the proxy.
  if (isName && (!isText(to.host) || to.host.includes(":"))) return refusal("address type not supported", noRoom)
  const user = credentials === undefined ? "" : Redacted.value(credentials).username
  const request = [
    ...[0x04, 0x01, to.port >> 8, to.port & 0xff, ...ip],
    ...[...Buffer.from(user), 0x00],
    ...(isName ? [...Buffer.from(to.host), 0x00] : [])
  ]
  const reply = yield* ask(Uint8Array.from(request), octets(2))
  const [version, code] = reply
  if (version !== 0x00) return malformed(reply)
  if (code !== granted) {
    const problem = refusals.get(code!)
    return problem === undefined ? malformed(reply) : refusal(problem)
  }
  yield* ask(nothing, octets(6))
  return { _tag: "Established", outcome: "granted" }
}

const problemOf = ({ password, username }: Credentials): string | undefined => {
  if (password !== "") return "SOCKS 4 has no passwords: give the user's name alone"
  return isText(username) ? undefined : "a user's name has 1 to 255 octets and no NUL"
}

const isText = (text: string): boolean => {
  const length = Buffer.byteLength(text)
  return length >= 1 && length <= 255 && !text.includes("\0")
}

const shape = { defaultPort: 1080, isTls: false, problemOf, tunnel: connect } as const

export const kinds = {
  socks4: { ...shape, takes: "IPv4 addresses" },
  socks4a: { ...shape, takes: "names" }
} satisfies Record<string, Kind>

const noRoom = "it takes an address, or a name of 1 to 255 octets"

const nameFollows = [0x00, 0x00, 0x00, 0x01]

const granted = 0x5a

const refusals: ReadonlyMap<number, ProxyProblem> = new Map([
  [0x5b, "refused"],
  [0x5c, "identd unreachable"],
  [0x5d, "identd mismatch"]
])
