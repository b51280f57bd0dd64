/** HTTP CONNECT as tables of bytes (RFC 9110 §9.3.6), replayed at every cut. */
import { assert, describe, it } from "@effect/vitest"
import { HttpHead, needMore } from "@effect-websocket/core"
import { kinds } from "../../src/internal/proxy/HttpConnect.ts"
import type { Ask } from "../../src/internal/proxy/Tunnel.ts"
import { established, plays, refused, server } from "./conversation.ts"

const { http, https } = kinds
const example = { host: "example.com", port: 443 }
const plain = server("http")
const withUser = server("http", { username: "ann", password: "s3cret" })
const basic = "Proxy-Authorization: Basic YW5uOnMzY3JldA=="

const text = (lines: string) => Buffer.from(HttpHead.encode(lines)).toString("hex")
const request = text("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")

const asked = (through: typeof plain): Ask => {
  const turn = http.tunnel(example, through).next()
  return turn.done ? assert.fail("it asks nothing") : turn.value
}

const row = (
  name: string,
  answer: string,
  end: object | undefined,
  options: { sent?: string; server?: typeof plain } = {}
) =>
  it(name, () =>
    plays(() => http.tunnel(example, options.server ?? plain), HttpHead.encode(answer), {
      sent: [options.sent ?? request],
      end
    })
  )

describe("the request", () => {
  for (const [host, port, authority] of [
    ["example.com", 80, "example.com:80"],
    ["192.0.2.1", 8080, "192.0.2.1:8080"]
  ] as const) {
    it(`names ${authority} in its line and in Host (RFC 9112 §3.2.3)`, () => {
      plays(() => http.tunnel({ host, port }, plain), HttpHead.encode("HTTP/1.1 200 OK\r\n\r\n"), {
        sent: [text(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)],
        end: established("200 OK")
      })
    })
  }

  it("S22: an IPv6 address stands in brackets", () => {
    plays(() => http.tunnel({ host: "2001:db8::1", port: 443 }, plain), HttpHead.encode("HTTP/1.1 200 OK\r\n\r\n"), {
      sent: [text("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n")],
      end: established("200 OK")
    })
  })

  row("has Basic credentials (RFC 7617 §2) when the URL has", "HTTP/1.1 200 OK\r\n\r\n", established("200 OK"), {
    server: withUser,
    sent: text(`CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n${basic}\r\n\r\n`)
  })

  row("has the headers of the program", "HTTP/1.1 200 OK\r\n\r\n", established("200 OK"), {
    server: server("http", undefined, [
      ["Proxy-Authorization", "Bearer t0ken"],
      ["X-Team", "feeds"]
    ]),
    sent: text(
      "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nProxy-Authorization: Bearer t0ken\r\nX-Team: feeds\r\n\r\n"
    )
  })

  it("credentials are UTF-8 (RFC 7617 §2.1)", () => {
    const unicode = server("http", { username: "ann", password: "Grüße" })
    const [, encoded] = /Basic (.*)\r/.exec(Buffer.from(asked(unicode).send).toString())!
    assert.strictEqual(Buffer.from(encoded!, "base64").toString(), "ann:Grüße")
  })

  it("what cannot stand in it is not sent: a colon in the user's name, control characters", () => {
    assert.isUndefined(http.problemOf({ username: "ann", password: "with:colon" }))
    assert.include(https.problemOf({ username: "a:b", password: "c" }), "no colon")
    assert.include(http.problemOf({ username: "a", password: "b\r\nX-Evil: 1" }), "no control characters")
  })

  for (const host of ["a\r\nX-Evil: 1", "a b", "", "fe80::1%eth0"]) {
    it(`no host that would end the line: ${JSON.stringify(host)}`, () => {
      plays(() => http.tunnel({ host, port: 1 }, plain), HttpHead.encode(""), {
        sent: [],
        end: refused("address type not supported", `${host} is no host that a request can name`)
      })
    })
  }
})

describe("a tunnel that stands", () => {
  row("S22: any 2xx (RFC 9110 §9.3.6)", "HTTP/1.1 204 No Content\r\n\r\n", established("204 No Content"))
  row("299 is one of them", "HTTP/1.1 299 Fine\r\n\r\n", established("299 Fine"))
  row("an older proxy", "HTTP/1.0 200 Connection established\r\n\r\n", established("200 Connection established"))
  row("without a reason phrase", "HTTP/1.1 200 \r\n\r\n", established("200"))
  row(
    "S22: its Content-Length and Transfer-Encoding mean nothing (RFC 9110 §9.3.6)",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nVia: 1.1 proxy\r\n\r\n",
    established("200 OK")
  )
  row(
    "interim responses before it (RFC 9110 §15.2)",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    established("200 OK")
  )
})

describe("a refusal", () => {
  for (const status of [301, 400, 403, 404, 405, 500, 502, 503, 504] as const) {
    row(
      `${status}`,
      `HTTP/1.1 ${status} Why\r\nContent-Length: 0\r\n\r\n`,
      refused("refused", `It said ${status} Why`, { status })
    )
  }
  row(
    "101 is no tunnel",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    refused("refused", "It said 101 Switching Protocols", { status: 101 })
  )

  const challenged = (challenges: ReadonlyArray<string>) =>
    `HTTP/1.1 407 Who?\r\n${challenges.map((challenge) => `Proxy-Authenticate: ${challenge}\r\n`).join("")}\r\n`
  const asks = (schemes: ReadonlyArray<string>) =>
    refused("authentication required", "It said 407 Who?", { status: 407, schemes })

  for (const [challenges, schemes] of [
    [[], []],
    [['Basic realm="proxy"'], ["Basic"]],
    [
      ["Negotiate", "NTLM"],
      ["Negotiate", "NTLM"]
    ],
    [['Digest realm="a, Basic b", qop="auth, auth-int", nonce=abc, Basic realm = "x"'], ["Digest", "Basic"]],
    [["Negotiate YII=, Basic realm=x"], ["Negotiate", "Basic"]],
    [['Basic realm="a \\" Digest b", charset="UTF-8"'], ["Basic"]],
    [[',, Basic realm="unended, Digest'], ["Basic"]]
  ] as const) {
    row(`407: ${challenges.join(" | ")}`, challenged(challenges), asks(schemes))
  }

  row(
    "401 in its place, as tinyproxy says",
    "HTTP/1.0 401 Unauthorized\r\n\r\n",
    refused("credentials refused", "It said 401 Unauthorized", { status: 401, schemes: [] }),
    {
      server: withUser,
      sent: text(`CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n${basic}\r\n\r\n`)
    }
  )

  row(
    "407 although there were credentials",
    challenged(["Basic realm=x"]),
    refused("credentials refused", "It said 407 Who?", { status: 407, schemes: ["Basic"] }),
    { server: withUser, sent: text(`CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n${basic}\r\n\r\n`) }
  )
})

describe("no answer of an HTTP proxy, at the byte that proves it", () => {
  row("TLS", "\x15", refused("malformed answer", 'the head held a control character: "\x15"'))
  row(
    "another protocol",
    "SSH-2.0-OpenSSH_9.2\r\n",
    refused("malformed answer", 'the response did not begin with an HTTP status line: "SSH-2.0-OpenSSH_9.2"')
  )
  row("SOCKS 5", "\x05", refused("malformed answer", 'the head held a control character: "\x05"'))
  row("HTTP/2", "HTTP/2.0 200 OK\r\n", refused("malformed answer", 'the response was not HTTP/1.1: "HTTP/2.0 200 OK"'))
  row(
    "a header without a colon",
    "HTTP/1.1 200 OK\r\nfoo\r\n",
    refused("malformed answer", 'a header had no colon: "foo"')
  )
})

describe("answers are bounded (S8, S22)", () => {
  it("a head of 16 KiB and one byte", () => {
    const filler = "a".repeat(16_384 - "HTTP/1.1 200 OK\r\nA: \r\n\r\n".length)
    plays(() => http.tunnel(example, plain), HttpHead.encode(`HTTP/1.1 200 OK\r\nA: ${filler}\r\n\r\n`), {
      sent: [request],
      end: established("200 OK")
    })
    plays(() => http.tunnel(example, plain), HttpHead.encode(`HTTP/1.1 200 OK\r\nA: ${filler}a\r\n\r\n`), {
      sent: [request],
      end: refused("answer too big", "the head was longer than the limit")
    })
  })

  it("more than 128 headers, or interim responses without end", () => {
    plays(() => http.tunnel(example, plain), HttpHead.encode(`HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(129)}`), {
      sent: [request],
      end: refused("answer too big", "the head had more headers than the limit")
    })
    const endless = HttpHead.encode("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000))
    assert.notStrictEqual(asked(plain).reader.push(endless), needMore)
  })
})
