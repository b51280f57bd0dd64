import { assert, describe, it } from "@effect/vitest"
import { encode, type Headers, rules } from "../src/HttpHead.ts"
import * as OpeningHandshake from "../src/OpeningHandshake.ts"
import * as OpeningHandshakeServer from "../src/OpeningHandshakeServer.ts"
import { replay } from "./replay.ts"
import { accept, key, latin1, sha1 } from "./sample.ts"

/** The sample of RFC 6455 §1.3; a line replaces the one of the same name, or leaves it out. */
const request = (lines: Record<string, string> = {}, behind = ""): Uint8Array => {
  const all = {
    "": "GET /chat HTTP/1.1\r\n",
    Host: "Host: server.example.com\r\n",
    Upgrade: "Upgrade: websocket\r\n",
    Connection: "Connection: Upgrade\r\n",
    Key: `Sec-WebSocket-Key: ${key}\r\n`,
    Version: "Sec-WebSocket-Version: 13\r\n",
    ...lines
  }
  return encode(`${Object.values(all).join("")}\r\n${behind}`)
}

const read = (chunks: Array<Uint8Array>) => {
  const reader = OpeningHandshakeServer.reader()
  for (const [i, chunk] of chunks.entries()) {
    const answer = reader.push(chunk)
    if (answer._tag !== "NeedMore") return { answer, rest: chunks.slice(i + 1) }
  }
  return { answer: undefined, rest: [] }
}

const requested = (lines: Record<string, string> = {}): OpeningHandshakeServer.Requested => {
  const { answer } = read([request(lines)])
  assert(answer?._tag === "Requested")
  return answer
}

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
      { resourceName: "/chat?a=b" }
    ],
    "RFC 6455 §9.1: extensions, left as they came": [
      { More: "Sec-WebSocket-Extensions: a; b\r\nSec-WebSocket-Extensions: c\r\n" },
      { extensions: "a; b, c" }
    ],
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

describe("accept", () => {
  it("the bytes of RFC 6455 §1.3", () => {
    const bytes = OpeningHandshakeServer.accept(requested({ More: "Sec-WebSocket-Protocol: chat, superchat\r\n" }), {
      subprotocol: "chat",
      sha1
    })
    assert.strictEqual(
      latin1(bytes as Uint8Array),
      "HTTP/1.1 101 Switching Protocols\r\n" +
        "Upgrade: websocket\r\n" +
        "Connection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n` +
        "Sec-WebSocket-Protocol: chat\r\n\r\n"
    )
  })

  it("is what a client accepts", () => {
    const nonce = new Uint8Array(16).map((_, i) => i * 13)
    const offer = { nonce, subprotocols: ["a", "b"], extensions: "permessage-deflate" }
    const uri = { secure: false, host: "::1", port: 8080, resourceName: "/a?b" }
    const bytes = OpeningHandshake.request({ ...offer, uri, origin: "null", headers: [["Cookie", "a=b"]] })
    const { answer } = read([bytes as Uint8Array])
    assert(answer?._tag === "Requested")
    assert.deepInclude(answer, {
      resourceName: "/a?b",
      host: "[::1]:8080",
      origin: "null",
      extensions: offer.extensions
    })
    const accepted = OpeningHandshakeServer.accept(answer, {
      subprotocol: "b",
      extensions: "permessage-deflate",
      headers: [
        ["Set-Cookie", "a=b"],
        ["Set-Cookie", "c=d"]
      ],
      sha1
    })
    const opened = OpeningHandshake.reader({ ...offer, offers: [{}], sha1 }).push(accepted as Uint8Array)
    assert.deepInclude<unknown>(opened, { _tag: "Accepted", subprotocol: "b", extensions: "permessage-deflate" })
  })

  const illegal: ReadonlyArray<
    readonly [what: string, field: string, options: Omit<OpeningHandshakeServer.Acceptance, "sha1">]
  > = [
    ["a subprotocol that was not offered", "subprotocol", { subprotocol: "c" }],
    ["CR LF in an extension", "extensions", { extensions: "x\r\nA: b" }],
    ["CR LF in a header", "headers", { headers: [["A", "b\r\nC: d"]] }],
    ["a header of the handshake", "headers", { headers: [["Sec-WebSocket-Accept", "a"]] }]
  ]
  for (const [what, field, options] of illegal) {
    it(`refuses ${what}`, () => {
      const request = requested({ More: "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: x\r\n" })
      const answer = OpeningHandshakeServer.accept(request, { ...options, sha1 })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field })
      assert.isTrue(Object.isFrozen(answer))
    })
  }

  it("refuses an extension where none was offered", () => {
    const answer = OpeningHandshakeServer.accept(requested(), { extensions: "x", sha1 })
    assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field: "extensions" })
  })
})

describe("reject", () => {
  const rejected = (refusal: OpeningHandshakeServer.Refusal) => {
    const bytes = OpeningHandshakeServer.reject(refusal)
    assert(bytes instanceof Uint8Array)
    const nonce = new Uint8Array(16)
    const answer = OpeningHandshake.reader({ nonce, sha1 }).push(bytes)
    assert(answer._tag === "Rejected")
    return answer
  }

  it("with headers and a body", () => {
    const headers: Headers = [
      ["WWW-Authenticate", "Basic"],
      ["Retry-After", "5"]
    ]
    assert.deepInclude<unknown>(rejected({ status: 401, headers, body: encode("no") }), {
      status: 401,
      headers: [["Content-Length", "2"], ["Connection", "close"], ...headers],
      body: encode("no"),
      bodyTruncated: false
    })
  })

  it("with nothing", () => {
    assert.strictEqual(
      latin1(OpeningHandshakeServer.reject({ status: 403 }) as Uint8Array),
      "HTTP/1.1 403 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
  })

  it("426 names the version (RFC 6455 §4.4) and the protocol (RFC 9110 §15.5.22)", () => {
    const expected: Headers = [
      ["Content-Length", "0"],
      ["Connection", "close, Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"]
    ]
    assert.deepStrictEqual(rejected({ status: 426 }).headers, expected)
  })

  it("refuses a status that refuses nothing", () => {
    for (const status of [0, 100, 101, 199, 600, 404.5, Number.NaN]) {
      const answer = OpeningHandshakeServer.reject({ status })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidResponse", field: "status" })
    }
  })

  const owned: ReadonlyArray<readonly [name: string, problem: string]> = [
    ["Content-Length", "Content-Length belongs to the protocol: it follows from the body"],
    ["Transfer-Encoding", "Transfer-Encoding belongs to the protocol: the body goes out as it is"],
    ["Connection", "Connection belongs to the protocol"],
    ["Keep-Alive", "Keep-Alive belongs to the protocol"],
    ["Host", "Host belongs to the protocol"],
    ["Sec-WebSocket-Accept", "Sec-WebSocket-Accept belongs to the protocol: it follows from the key of the request"],
    ["Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol belongs to the protocol: use the option subprotocol"],
    ["Sec-WebSocket-Extensions", "Sec-WebSocket-Extensions belongs to the protocol: use the option extensions"]
  ]
  for (const [name, problem] of owned) {
    it(`refuses ${name}, without a client's advice`, () => {
      const answer = OpeningHandshakeServer.reject({ status: 403, headers: [[name, "3"]], body: encode("yes") })
      assert.deepStrictEqual<unknown>(answer, { _tag: "InvalidResponse", field: "headers", problem })
    })
  }
})
