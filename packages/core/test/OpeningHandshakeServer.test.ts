import { assert, describe, it } from "@effect/vitest"
import { encode, rules } from "../src/HttpHead.ts"
import type * as OpeningHandshakeServer from "../src/OpeningHandshakeServer.ts"
import { read, request } from "./openingRequests.ts"
import { replay } from "./replay.ts"
import { key, latin1 } from "./sample.ts"

describe("a request, however it is cut", () => {
  const rows: Record<
    string,
    readonly [lines: Record<string, string>, expected: Partial<OpeningHandshakeServer.Requested>]
  > = {
    "RFC 6455 §1.3: the sample": [
      { More: "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n" },
      {
        resourceName: "/chat",
        host: "server.example.com",
        origin: "http://example.com",
        subprotocols: ["chat", "superchat"]
      }
    ],
    "RFC 6455 §4.2.1: only what must be there": [
      {},
      { key, origin: undefined, subprotocols: [], extensions: undefined }
    ],
    "RFC 6455 §4.2.1: tokens in any case, among others": [
      { Upgrade: "Upgrade: h2c, WebSocket\r\n", Connection: "Connection: keep-alive, UPGRADE\r\n" },
      {}
    ],
    "RFC 6455 §4.1: an absolute URI": [
      { "": "GET http://server.example.com:80/chat?a=b HTTP/1.1\r\n" },
      { resourceName: "/chat?a=b", host: "server.example.com:80" }
    ],
    "RFC 9112 §3.2.2: the host of an absolute URI counts, whatever Host says": [
      { "": "GET HTTPS://[2001:db8::1]/ HTTP/1.1\r\n", Host: "Host: other.example\r\n" },
      { resourceName: "/", host: "[2001:db8::1]" }
    ],
    "RFC 6455 §9.1: extensions, left as they came": [
      { More: "Sec-WebSocket-Extensions: a; b\r\nSec-WebSocket-Extensions: c\r\n" },
      { extensions: "a; b, c" }
    ],
    "RFC 9110 §8.6: a body of no bytes": [{ More: "Content-Length: 0\r\n" }, {}],
    "RFC 6455 §11.3.4: subprotocols in two headers": [
      { More: "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n" },
      { subprotocols: ["a", "b"] }
    ]
  }
  for (const [clause, [lines, expected]] of Object.entries(rows)) {
    it(clause, () => {
      replay(request(lines, "\x81\x80abcd"), (chunks) => {
        const { answer, rest } = read(chunks)
        assert(answer?._tag === "Requested")
        assert.deepInclude(answer, expected)
        assert.strictEqual(latin1(answer.leftover, ...rest), "\x81\x80abcd")
        assert.isTrue(Object.isFrozen(answer))
      })
    })
  }
})

describe("an invalid request, and the status that answers it", () => {
  const keyLine = `Sec-WebSocket-Key: ${key}\r\n`
  const rows: ReadonlyArray<
    readonly [rule: OpeningHandshakeServer.Rule, status: number, what: string, lines: Record<string, string>]
  > = [
    ["RequestLine", 400, "no version", { "": "GET /\r\n" }],
    ["RequestLine", 400, "two targets", { "": "GET / / HTTP/1.1\r\n" }],
    ["Method", 400, "POST", { "": "POST / HTTP/1.1\r\n" }],
    ["Method", 400, "get", { "": "get / HTTP/1.1\r\n" }],
    ["HttpVersion", 400, "HTTP/1.0", { "": "GET / HTTP/1.0\r\n" }],
    ["ResourceName", 400, "the asterisk", { "": "GET * HTTP/1.1\r\n" }],
    ["ResourceName", 400, "a fragment", { "": "GET /#a HTTP/1.1\r\n" }],
    ["ResourceName", 400, "an absolute URI without a path", { "": "GET http://a HTTP/1.1\r\n" }],
    ["ResourceName", 400, "an absolute URI with credentials", { "": "GET http://a:b@c/ HTTP/1.1\r\n" }],
    ["ResourceName", 400, "latin-1", { "": "GET /\xe4 HTTP/1.1\r\n" }],
    ["Host", 400, "absent", { Host: "" }],
    ["Host", 400, "twice", { Host: "Host: a\r\nHost: a\r\n" }],
    ["Host", 400, "a path", { Host: "Host: a/b\r\n" }],
    ["Upgrade", 400, "absent", { Upgrade: "" }],
    ["Upgrade", 400, "another protocol", { Upgrade: "Upgrade: h2c\r\n" }],
    ["Connection", 400, "absent", { Connection: "" }],
    ["Connection", 400, "another option", { Connection: "Connection: close\r\n" }],
    ["Key", 400, "absent", { Key: "" }],
    ["Key", 400, "twice", { Key: keyLine + keyLine }],
    ["Key", 400, "15 bytes", { Key: "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n" }],
    ["Key", 400, "not base64", { Key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n" }],
    ["Version", 426, "absent", { Version: "" }],
    ["Version", 426, "another", { Version: "Sec-WebSocket-Version: 8\r\n" }],
    ["Version", 426, "twice", { Version: "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n" }],
    ["Origin", 400, "twice", { More: "Origin: a\r\nOrigin: b\r\n" }],
    ["Subprotocols", 400, "not a token", { More: "Sec-WebSocket-Protocol: a b\r\n" }],
    ["Subprotocols", 400, "the same twice", { More: "Sec-WebSocket-Protocol: a, b, a\r\n" }],
    ["Subprotocols", 400, "none", { More: "Sec-WebSocket-Protocol:\r\n" }],
    ["Subprotocols", 400, "none, twice", { More: "Sec-WebSocket-Protocol: ,\r\nSec-WebSocket-Protocol:\r\n" }],
    ["Extensions", 400, "no names", { More: "Sec-WebSocket-Extensions: ;;\r\n" }],
    ["Extensions", 400, "a parameter without a name", { More: "Sec-WebSocket-Extensions: permessage-deflate; =5\r\n" }],
    ["Extensions", 400, "none", { More: "Sec-WebSocket-Extensions:\r\n" }],
    [
      "Extensions",
      400,
      "in the second header",
      { More: `Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: ;\r\n` }
    ],
    ["Body", 400, "with its length", { More: "Content-Length: 6\r\n" }],
    ["Body", 400, "with two lengths", { More: "Content-Length: 0\r\nContent-Length: 6\r\n" }],
    ["Body", 400, "in chunks", { More: "Transfer-Encoding: chunked\r\n" }],
    ["BareLineFeed", 400, "a rule of every head", { More: "A: b\n" }],
    ["TooManyHeaders", 431, "129 headers (RFC 6585 §5)", { More: "A: b\r\n".repeat(124) }],
    ["HeadTooLong", 431, "16 KiB and more (RFC 6585 §5)", { More: `A: ${"b".repeat(16_384)}\r\n` }]
  ]
  for (const [rule, status, what, lines] of rows) {
    it(`${rule}: ${what}`, () => {
      replay(request(lines, "\x81\x80abcd"), (chunks) => {
        const { answer } = read(chunks)
        assert(answer?._tag === "RequestInvalid")
        assert.deepInclude<unknown>(answer, { rule, status })
        assert.match(answer.section, /^RFC \d{4} §\d/)
        assert.isNotEmpty(answer.description)
        assert.isTrue(Object.isFrozen(answer))
      })
    })
  }

  it("rules of heads keep their clause", () => {
    const { answer } = read([encode("GET / HTTP/1.1\n")])
    assert.deepInclude<unknown>(answer, { section: rules.BareLineFeed[0], description: rules.BareLineFeed[1] })
  })
})
