/** SOCKS 4 and 4A as tables of bytes, replayed at every cut. */
import { assert, describe, it } from "@effect/vitest"
import { hex } from "../../../core/test/hex.ts"
import { kinds } from "../../src/internal/proxy/Socks4.ts"
import { type Expected, established, plays, refused, server } from "./conversation.ts"

const { socks4, socks4a } = kinds
const plain = server("socks4")
const withUser = server("socks4", { username: "ann", password: "" })
const address = { host: "192.0.2.1", port: 443 }
const example = { host: "example.com", port: 443 }

const request = "04 01 01bb c0000201 00"
const granted = "00 5a 0050 7f000001"

const row = (name: string, answer: string, expected: Expected, tunnel = () => socks4.tunnel(address, plain)) =>
  it(name, () => plays(tunnel, hex(answer), expected))

describe("a tunnel that stands", () => {
  row("to an address", granted, { sent: [request], end: established("granted") })
  row("with a user", granted, { sent: ["04 01 01bb c0000201 616e6e00"], end: established("granted") }, () =>
    socks4.tunnel(address, withUser)
  )
  row("to an IPv4 address that was mapped into IPv6", granted, { sent: [request], end: established("granted") }, () =>
    socks4.tunnel({ host: "::ffff:192.0.2.1", port: 443 }, plain)
  )
  row(
    "4A: to a name",
    granted,
    { sent: ["04 01 01bb 00000001 00 6578616d706c652e636f6d00"], end: established("granted") },
    () => socks4a.tunnel(example, plain)
  )
  row(
    "4A: to a name, with a user",
    granted,
    { sent: ["04 01 01bb 00000001 616e6e00 6578616d706c652e636f6d00"], end: established("granted") },
    () => socks4a.tunnel(example, withUser)
  )
})

describe("a refusal, at the byte that says so", () => {
  row("5b", "00 5b", { sent: [request], end: refused("refused") })
  row("5c", "00 5c", { sent: [request], end: refused("identd unreachable") })
  row("5d", "00 5d", { sent: [request], end: refused("identd mismatch") })
})

describe("no answer of SOCKS 4", () => {
  for (const [what, answer] of [
    ["HTTP", "48 54"],
    ["SOCKS 5", "05 00"],
    ["a code that nobody has defined", "00 5e"],
    ["a version of requests", "04 5a"]
  ] as const) {
    row(what, answer, { sent: [request], end: refused("malformed answer", `It sent ${answer}`) })
  }
})

it("waits for all eight octets, so that none of them is taken for the tunnel's", () => {
  for (let length = 1; length < 8; length++) {
    plays(() => socks4.tunnel(address, plain), hex(granted).subarray(0, length), { sent: [request], end: undefined })
  }
})

describe("what has no room in the protocol is said before anything is sent", () => {
  row(
    "an IPv6 address",
    "",
    { sent: [], end: refused("address type not supported", "SOCKS 4 has no room for an IPv6 address") },
    () => socks4.tunnel({ host: "2001:db8::1", port: 1 }, plain)
  )
  for (const host of ["", "a\0b", "x".repeat(256), "fe80::1%eth0"]) {
    row(
      `the name ${JSON.stringify(host.slice(0, 20))}`,
      "",
      { sent: [], end: refused("address type not supported", "it takes an address, or a name of 1 to 255 octets") },
      () => socks4a.tunnel({ host, port: 1 }, plain)
    )
  }

  it("credentials", () => {
    assert.isUndefined(socks4.problemOf({ username: "ann", password: "" }))
    assert.include(socks4.problemOf({ username: "ann", password: "s3cret" }), "no passwords")
    assert.include(socks4.problemOf({ username: "a\0b", password: "" }), "NUL")
    assert.include(socks4.problemOf({ username: "x".repeat(256), password: "" }), "255")
  })
})
