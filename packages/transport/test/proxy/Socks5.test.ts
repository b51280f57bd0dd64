/** SOCKS 5 as tables of bytes (RFC 1928, RFC 1929), replayed at every cut. */
import { assert, describe, it } from "@effect/vitest"
import { hex } from "../../../core/test/hex.ts"
import { kinds } from "../../src/internal/proxy/Socks5.ts"
import { type Expected, established, plays, refused, server } from "./conversation.ts"

const { socks5, socks5h } = kinds
const plain = server("socks5h")
const credentials = { username: "ann", password: "s3cret" }
const withUser = server("socks5h", credentials)
const example = { host: "example.com", port: 443 }

const greeting = "05 01 00"
const greetingWithUser = "05 02 00 02"
const login = "01 03 616e6e 06 733363726574"
const request = "05 01 00 03 0b 6578616d706c652e636f6d 01bb"
const succeeded = "05 00 00 01 7f000001 0050"

const row = (name: string, answer: string, expected: Expected, tunnel = () => socks5h.tunnel(example, plain)) =>
  it(name, () => plays(tunnel, hex(answer), expected))

describe("a tunnel that stands", () => {
  const stands = { sent: [greeting, request], end: established("succeeded") }
  row("RFC 1928 §4: to a name; bound to an IPv4 address", `05 00 ${succeeded}`, stands)
  row("RFC 1928 §6: bound to an IPv6 address", `05 00 05 00 00 04 ${"00".repeat(15)}01 0050`, stands)
  row("RFC 1928 §6: bound to a name", "05 00 05 00 00 03 04 70726f78 0050", stands)
  row("RFC 1928 §6: bound to an empty name", "05 00 05 00 00 03 00 0050", stands)
  row(
    "RFC 1929 §2: with user and password",
    `05 02 01 00 ${succeeded}`,
    {
      sent: [greetingWithUser, login, request],
      end: established("succeeded")
    },
    () => socks5h.tunnel(example, withUser)
  )
  row(
    "RFC 1928 §3: credentials that the proxy does not ask for stay here",
    `05 00 ${succeeded}`,
    {
      sent: [greetingWithUser, request],
      end: established("succeeded")
    },
    () => socks5h.tunnel(example, withUser)
  )

  for (const [host, address] of [
    ["192.0.2.1", "01 c0000201"],
    ["2001:db8::1", "04 20010db8000000000000000000000001"],
    ["::ffff:192.0.2.1", "01 c0000201"],
    ["a", "03 01 61"],
    ["x".repeat(255), `03 ff ${"78".repeat(255)}`]
  ] as const) {
    row(
      `RFC 1928 §5: to ${host.slice(0, 20)}`,
      `05 00 ${succeeded}`,
      {
        sent: [greeting, `05 01 00 ${address} 0001`],
        end: established("succeeded")
      },
      () => socks5h.tunnel({ host, port: 1 }, plain)
    )
  }
})

describe("a refusal, at the byte that says so", () => {
  const codes = [
    ["01", "general failure"],
    ["02", "not allowed"],
    ["03", "network unreachable"],
    ["04", "host unreachable"],
    ["05", "connection refused"],
    ["06", "TTL expired"],
    ["07", "command not supported"],
    ["08", "address type not supported"]
  ] as const
  for (const [code, problem] of codes) {
    row(`RFC 1928 §6: ${problem}`, `05 00 05 ${code}`, { sent: [greeting, request], end: refused(problem) })
  }
  row("RFC 1928 §3: no method without credentials", "05 ff", {
    sent: [greeting],
    end: refused("authentication required")
  })
  row(
    "RFC 1928 §3: no method with them either",
    "05 ff",
    {
      sent: [greetingWithUser],
      end: refused("credentials refused")
    },
    () => socks5h.tunnel(example, withUser)
  )
  for (const verdict of ["01", "ff"]) {
    row(
      `RFC 1929 §2: the verdict ${verdict}`,
      `05 02 01 ${verdict}`,
      {
        sent: [greetingWithUser, login],
        end: refused("credentials refused")
      },
      () => socks5h.tunnel(example, withUser)
    )
  }
})

describe("no answer of SOCKS 5", () => {
  const rows: ReadonlyArray<readonly [what: string, answer: string, found: string, sent: ReadonlyArray<string>]> = [
    ["HTTP", "4854", "48 54", [greeting]],
    ["SOCKS 4", "005a", "00 5a", [greeting]],
    ["a method that was not offered", "0502", "05 02", [greeting]],
    ["GSSAPI", "0501", "05 01", [greeting]],
    ["another version in the reply", "0500 0400", "04 00", [greeting, request]],
    ["a reply code that nobody has defined", "0500 0509", "05 09", [greeting, request]],
    ["a reserved octet that is set", "0500 0500 0101", "05 00 01 01", [greeting, request]],
    ["an address type that nobody has defined", "0500 0500 0002", "05 00 00 02", [greeting, request]]
  ]
  for (const [what, answer, found, sent] of rows) {
    row(what, answer, { sent, end: refused("malformed answer", `It sent ${found}`) })
  }
  row(
    "another version in the verdict (RFC 1929 §2)",
    "05 02 05 00",
    {
      sent: [greetingWithUser, login],
      end: refused("malformed answer", "It sent 05 00")
    },
    () => socks5h.tunnel(example, withUser)
  )
})

it("waits for the whole of the bound address, so that none of it is taken for the tunnel's", () => {
  const answer = hex(`05 00 ${succeeded}`)
  for (let length = 2; length < answer.length; length++) {
    plays(() => socks5h.tunnel(example, plain), answer.subarray(0, length), {
      sent: [greeting, request],
      end: undefined
    })
  }
})

describe("what has no room in the protocol is said before anything is sent", () => {
  for (const host of ["", "x".repeat(256), "fe80::1%eth0"]) {
    row(
      `the host ${host.slice(0, 20)}`,
      "",
      {
        sent: [],
        end: refused("address type not supported", "it takes an address, or a name of 1 to 255 octets")
      },
      () => socks5.tunnel({ host, port: 1 }, plain)
    )
  }

  it("credentials", () => {
    assert.isUndefined(socks5.problemOf(credentials))
    assert.isUndefined(socks5.problemOf({ username: "ü".repeat(127), password: "x".repeat(255) }))
    for (const [username, password] of [
      ["", "b"],
      ["a", ""],
      ["ü".repeat(128), "b"],
      ["a", "x".repeat(256)]
    ] as const) {
      assert.include(socks5.problemOf({ username, password }), "1 to 255 octets")
    }
  })
})
