import { assert, describe, it } from "@effect/vitest"
import type { Check } from "../src/HandshakeInvalid.ts"
import { encode } from "../src/HttpHead.ts"
import { needMore } from "../src/NeedMore.ts"
import * as OpeningHandshake from "../src/OpeningHandshake.ts"
import { byteByByte, replay } from "./replay.ts"
import { accept, key, latin1, nonce, sha1 } from "./sample.ts"
import { countWork } from "./work.ts"

type Offer = Partial<OpeningHandshake.Expected>

const reader = (offer: Offer = {}) => OpeningHandshake.reader({ nonce, sha1, ...offer })

/** The answer to these chunks, and what was not read of them; at the end of the stream where more is needed. */
const read = (chunks: Array<Uint8Array>, offer?: Offer) => {
  const answers = reader(offer)
  for (const [i, chunk] of chunks.entries()) {
    const answer = answers.push(chunk)
    if (answer._tag !== "NeedMore") {
      assert.strictEqual(answers.push(chunk), answer)
      assert.strictEqual(answers.end(), answer)
      return { answer, ended: false, rest: chunks.slice(i + 1) }
    }
  }
  const answer = answers.end()
  assert.strictEqual(answers.push(encode("HTTP/1.1 101\r\n\r\n")), answer)
  return { answer, ended: true, rest: [] }
}

/** A 101 response. Lines of its own take the place of those with the same name; the status line has none. */
const response = (lines: ReadonlyArray<string> = [], behind = ""): Uint8Array => {
  const names = lines.map(nameOf)
  const rest = legal.filter((line) => !names.includes(nameOf(line)))
  const sorted = [...rest, ...lines].sort((a, b) => Number(nameOf(a) !== "") - Number(nameOf(b) !== ""))
  return encode(`${sorted.map((line) => `${line}\r\n`).join("")}\r\n${behind}`)
}

/** Empty for a status line. */
const nameOf = (line: string): string => (/^[\w-]+(?= ?:)/.exec(line)?.[0] ?? "").toLowerCase()

const legal = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${accept}`
]

it("the sample of RFC 6455 §1.3", () => {
  assert.strictEqual(OpeningHandshake.acceptOf(key, sha1), accept)
  const ofText = (text: string) => (text.startsWith(key) ? "the hash of it" : "")
  assert.strictEqual(OpeningHandshake.acceptOf(key, sha1, ofText), "the hash of it")
  const uri = { secure: false, host: "server.example.com", port: 80, resourceName: "/chat" }
  const request = OpeningHandshake.request({ uri, nonce }) as Uint8Array
  assert.include(latin1(request), `\r\nSec-WebSocket-Key: ${key}\r\n`)
  const answer = reader({ subprotocols: ["chat", "superchat"] }).push(response(["Sec-WebSocket-Protocol: chat"]))
  assert.deepStrictEqual<unknown>(answer, {
    _tag: "Accepted",
    status: 101,
    headers: [
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", accept],
      ["Sec-WebSocket-Protocol", "chat"]
    ],
    subprotocol: "chat",
    extensions: undefined,
    compression: undefined,
    leftover: new Uint8Array(0)
  })
  assert.isTrue(Object.isFrozen(answer))
})

it("the key is what the platform's base64 says", () => {
  const read = (written: string) => reader({ encodeBase64: () => written }).push(response())
  assert.strictEqual(read(key)._tag, "Accepted")
  assert.deepInclude<unknown>(read("another key"), { _tag: "HandshakeInvalid", check: "AcceptMismatch" })
})

describe("accepted, however it is cut", () => {
  const offers = [{ serverMaxWindowBits: 10, clientMaxWindowBits: true }] as const
  const compression = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 15
  }
  const extensions = ['Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="10"']
  const rows: ReadonlyArray<
    readonly [clause: string, lines: Array<string>, answer?: Partial<OpeningHandshake.Accepted>, offer?: Offer]
  > = [
    ["RFC 6455 §4.1: only what must be there", []],
    ["RFC 6455 §4.1: names and tokens in any case", ["upgrade: WebSocket", "CONNECTION: uPGRADE"]],
    ["RFC 6455 §4.1: upgrade among other options", ["Connection: keep-alive , Upgrade"]],
    ["RFC 6455 §4.1: upgrade in a second header", ["Connection: keep-alive", "Connection: Upgrade"]],
    ["RFC 9112 §4: another reason phrase", ["HTTP/1.1 101 Web Socket Protocol \xe4"]],
    ["RFC 9112 §4: an empty reason phrase", ["HTTP/1.1 101 "]],
    ["RFC 9112 §4: no reason phrase and no blank", ["HTTP/1.1 101"]],
    ["RFC 9110 §15.2: an interim response", ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x"]],
    ["RFC 9110 §15.2: one with headers", ["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 x"]],
    ["RFC 6455 §4.1: no subprotocol, although some were offered", [], {}, { subprotocols: ["a"] }],
    [
      "RFC 6455 §4.1: one that was",
      ["Sec-WebSocket-Protocol:  b "],
      { subprotocol: "b" },
      { subprotocols: ["a", "b"] }
    ],
    ["RFC 6455 §9.1: no extension, although some were offered", [], {}, { offers }],
    [
      "RFC 6455 §9.1: extensions, as they came",
      extensions,
      { extensions: 'permessage-deflate; server_max_window_bits="10"', compression },
      { offers }
    ],
    [
      "RFC 6455 §9.1: extensions in several headers, one of them empty",
      ["Sec-WebSocket-Extensions: ", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10"],
      { extensions: ", permessage-deflate; server_max_window_bits=10", compression },
      { offers }
    ],
    ["headers that mean nothing here", ["Content-Length: 5", "Server: x", "Server: y"]]
  ]
  for (const [clause, lines, expected = {}, offer] of rows) {
    it(clause, () => {
      for (const behind of ["", "\x81\x05Hello\x88\x00"]) {
        replay(response(lines, behind), (chunks) => {
          const { answer, rest } = read(chunks, offer)
          assert(answer._tag === "Accepted")
          assert.deepInclude(answer, { status: 101, subprotocol: undefined, extensions: undefined, ...expected })
          assert.strictEqual(latin1(answer.leftover, ...rest), behind)
        })
      }
    })
  }
})

describe("invalid, however it is cut (S14 to S16, attack 14)", () => {
  const fails = (bytes: Uint8Array, check: Check, found: string | undefined, offer?: Offer) =>
    replay(bytes, (chunks) => {
      const { answer, ended } = read(chunks, offer)
      assert.deepInclude<unknown>(answer, { _tag: "HandshakeInvalid", check, found })
      assert.isFalse(ended)
    })

  /** What is found is the value of the header, or the line, unless the row says it. */
  const rows: ReadonlyArray<readonly [check: Check, what: string, line: string, found?: string]> = [
    ["StatusLine", "another protocol", "SSH-2.0-OpenSSH"],
    ["StatusLine", "no version", "HTTP 101 a"],
    ["StatusLine", "not HTTP", "FOO/1.1 101 a"],
    ["StatusLine", "HTTP in lower case (RFC 9112 §2.3)", "http/1.1 101 a"],
    ["StatusLine", "a status of four digits", "HTTP/1.1 1010 a"],
    ["StatusLine", "a status of two digits", "HTTP/1.1 10 a"],
    ["StatusLine", "a status below 100 (RFC 9110 §15)", "HTTP/1.1 099 a"],
    ["StatusLine", "two blanks", "HTTP/1.1  101 a"],
    ["StatusLine", "a blank in front", " HTTP/1.1 101 a"],
    ["StatusLine", "before what is wrong behind it", "220 smtp.example\r\nnonsense", "220 smtp.example"],
    ["HttpVersion", "HTTP/1.0", "HTTP/1.0 101 a"],
    ["HttpVersion", "HTTP/1.2", "HTTP/1.2 101 a"],
    ["HttpVersion", "HTTP/2.0, whatever the status", "HTTP/2.0 404 a"],
    ["Upgrade", "empty", "Upgrade: "],
    ["Upgrade", "another protocol", "Upgrade: h2c"],
    ["Upgrade", "websocket and another protocol", "Upgrade: websocket, h2c"],
    ["Upgrade", "a longer word", "Upgrade: websocket2"],
    ["Connection", "without upgrade", "Connection: close, x"],
    ["Connection", "a longer word", "Connection: upgraded"],
    ["AcceptMismatch", "another case (S14)", `Sec-WebSocket-Accept: ${accept.toLowerCase()}`],
    ["AcceptMismatch", "empty", "Sec-WebSocket-Accept: "],
    ["AcceptMismatch", "of another key", "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="],
    ["AcceptMismatch", "and more", `Sec-WebSocket-Accept: ${accept}, x`],
    ["SubprotocolNotOffered", "none was offered (S16)", "Sec-WebSocket-Protocol: a"],
    ["ExtensionNotOffered", "unasked (S16)", "Sec-WebSocket-Extensions: permessage-deflate"],
    ["ExtensionMalformed", "empty", "Sec-WebSocket-Extensions: "],
    ["AcceptMismatch", "folded, with more", `Sec-WebSocket-Accept: ${accept}\r\n x`, `${accept} x`],
    ["BareLineFeed", "a line ended by LF", "A: b\nC: d", "A: b"],
    ["BlankBeforeColon", "a blank in front of the colon", "Upgrade : websocket", "Upgrade : websocket"],
    ["TooManyHeaders", "129 headers (attack 8)", Array(126).fill("A: b").join("\r\n"), "A: b"]
  ]
  for (const [check, what, line, found = nameOf(line) === "" ? line : line.split(": ")[1]] of rows) {
    it(`${check}: ${what}`, () => fails(response([line], "\x81\x05Hello"), check, found))
  }

  const absent: ReadonlyArray<readonly [check: Check, name: string]> = [
    ["Upgrade", "Upgrade"],
    ["Connection", "Connection"],
    ["AcceptMissing", "Sec-WebSocket-Accept"]
  ]
  for (const [check, name] of absent) {
    const lines = legal.filter((line) => nameOf(line) !== name.toLowerCase())
    it(`${check}: absent`, () => fails(encode(`${lines.join("\r\n")}\r\n\r\n`), check, undefined))
  }

  it("AcceptRepeated: twice the same", () => {
    const line = `Sec-WebSocket-Accept: ${accept}`
    fails(response([line, line.toLowerCase().replace(accept.toLowerCase(), accept)]), "AcceptRepeated", undefined)
  })

  it("SubprotocolRepeated: two headers", () => {
    const line = "Sec-WebSocket-Protocol: a"
    fails(response([line, line]), "SubprotocolRepeated", undefined, { subprotocols: ["a"] })
  })

  it("SubprotocolNotOffered: exactly one of those offered", () => {
    for (const value of ["c", "A", "a, b", ""]) {
      const bytes = response([`Sec-WebSocket-Protocol: ${value}`])
      fails(bytes, "SubprotocolNotOffered", value, { subprotocols: ["a", "b"] })
    }
  })

  for (const [check, extensions] of [
    ["ExtensionMalformed", "permessage-deflate;"],
    ["ExtensionNotOffered", "permessage-deflate, x"],
    ["ExtensionRepeated", "permessage-deflate, permessage-deflate"],
    ["ExtensionParameterUnknown", "permessage-deflate; __proto__"],
    ["ExtensionParameterRepeated", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"],
    ["ExtensionParameterValue", "permessage-deflate; server_max_window_bits=08"],
    ["ExtensionParameterNotOffered", "permessage-deflate; client_max_window_bits=9"]
  ] as const) {
    it(`${check}: ${extensions} (attack 3)`, () => {
      fails(response([`Sec-WebSocket-Extensions: ${extensions}`]), check, extensions, { offers: [{}] })
    })
  }

  it("a status line is judged before the head is complete", () => {
    const answer = reader().push(encode("220 smtp.example ESMTP\r\n"))
    assert.deepInclude<unknown>(answer, { check: "StatusLine", found: "220 smtp.example ESMTP" })
  })

  it("a TLS alert is no text", () => {
    const answer = reader().push(Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46))
    assert.deepInclude<unknown>(answer, { check: "ControlCharacter", found: "\x15" })
  })

  it("HeadIncomplete: the stream ends, or the deadline passes, anywhere in the head", () => {
    const whole = response()
    for (let length = 0; length < whole.length; length++) {
      const { answer, ended } = read([whole.subarray(0, length)])
      const line = latin1(whole.subarray(0, Math.min(length, 32)))
      assert.deepInclude<unknown>(answer, { check: "HeadIncomplete", found: line })
      assert.isTrue(ended)
    }
  })
})

describe("rejected, however it is cut", () => {
  const rows: ReadonlyArray<
    readonly [what: string, wire: string, status: number, statusText: string, body: string, how?: "ended" | "truncated"]
  > = [
    ["a body with a length", "HTTP/1.1 401 Who?\r\nContent-Length: 2\r\n\r\nno, and more", 401, "Who?", "no"],
    ["no body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "Not Found", ""],
    ["chunks", "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 503, "x", "no"],
    ["a body until the end of the stream", "HTTP/1.1 500 \r\n\r\nno", 500, "", "no", "ended"],
    ["a body that ends early", "HTTP/1.1 500\r\nContent-Length: 3\r\n\r\nno", 500, "", "no", "truncated"],
    ["a 200 that switches nothing (S4)", latin1(response(["HTTP/1.1 200 OK", "Content-Length: 0"])), 200, "OK", ""],
    ["a redirect", "HTTP/1.1 302 Found\r\nLocation: wss://b/\r\nContent-Length: 0\r\n\r\n", 302, "Found", ""],
    ["HTTP/1.0, as older servers and proxies refuse", "HTTP/1.0 502 Bad\r\n\r\n", 502, "Bad", "", "ended"],
    ["a status beyond 599 (RFC 9110 §15)", "HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n", 999, "x", ""],
    ["interim responses before", "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 102 b\r\n\r\nHTTP/1.1 204 c\r\n\r\n", 204, "c", ""]
  ]
  for (const [what, wire, status, statusText, body, how] of rows) {
    it(what, () => {
      replay(encode(wire), (chunks) => {
        const { answer, ended } = read(chunks)
        assert(answer._tag === "Rejected")
        assert.deepInclude(answer, { status, statusText, bodyTruncated: how === "truncated" })
        assert.strictEqual(latin1(answer.body), body)
        assert.strictEqual(ended, how !== undefined)
        assert.isTrue(Object.isFrozen(answer))
      })
    })
  }

  it("its status is known with its head; whoever needs no body ends the answer there", () => {
    const answers = reader()
    assert.strictEqual(answers.push(encode("HTTP/1.1 302 a\r\nLocation: /b\r\n")), needMore)
    assert.isUndefined(answers.refusedWith)
    assert.strictEqual(answers.push(encode("\r\n<html>")), needMore)
    assert.strictEqual(answers.refusedWith, 302)
    const answer = answers.end()
    assert.deepInclude<unknown>(answer, { _tag: "Rejected", status: 302, headers: [["Location", "/b"]] })
  })

  it("the headers of the final response, not of an interim one", () => {
    const { answer } = read([encode("HTTP/1.1 103 a\r\nX: y\r\n\r\nHTTP/1.1 304 b\r\nZ: z\r\n\r\n")])
    assert.deepInclude<unknown>(answer, { headers: [["Z", "z"]] })
  })
})

describe("limits (S8, attacks 7 and 8)", () => {
  it("the defaults", () => {
    const expected = { maxHeadBytes: 16_384, maxHeaders: 128, maxBodyBytes: 65_536 }
    assert.deepStrictEqual(OpeningHandshake.defaultLimits, expected)
  })

  const limits = (maxHeadBytes: number, maxHeaders: number, maxBodyBytes = 4) => ({
    limits: { maxHeadBytes, maxHeaders, maxBodyBytes }
  })
  const interim = "HTTP/1.1 103 a\r\nX: y\r\n\r\n"
  const final = "HTTP/1.1 404 b\r\nZ: z\r\nContent-Length: 5\r\n\r\n"
  const wire = encode(interim + interim + final)
  const answer = (limits: Offer) => read([wire], limits).answer

  it("interim responses and the final one share the limit of bytes", () => {
    assert.deepInclude<unknown>(answer(limits(wire.length, 4)), { status: 404 })
    assert.deepInclude<unknown>(answer(limits(wire.length - 1, 4)), { check: "HeadTooLong" })
    assert.deepInclude<unknown>(answer(limits(2 * interim.length, 4)), { check: "HeadTooLong" })
  })

  it("interim responses and the final one share the limit of headers", () => {
    assert.deepInclude<unknown>(answer(limits(wire.length, 3)), { check: "TooManyHeaders", found: "Content-Length: 5" })
  })

  it("interim responses without end", () => {
    const answers = reader()
    const chunk = encode("HTTP/1.1 100 \r\n\r\n".repeat(964))
    assert.strictEqual(answers.push(chunk.subarray(0, 16_384)), needMore)
    assert.deepInclude<unknown>(answers.push(chunk.subarray(16_384)), { check: "HeadTooLong" })
  })

  it("a body is kept up to its limit, and the answer is given there", () => {
    replay(encode("HTTP/1.1 404 b\r\n\r\nabcde"), (chunks) => {
      const got = read(chunks, limits(100, 4))
      assert.deepInclude<unknown>(got.answer, { body: encode("abcd"), bodyTruncated: true })
      assert.isFalse(got.ended)
    })
  })

  it("byte by byte, the work is linear", () => {
    const work = (wire: string) => {
      const chunks = byteByByte(encode(wire))
      const answers = reader()
      return countWork(() => {
        for (const chunk of chunks) answers.push(chunk)
      })
    }
    const shapes: Record<string, (bytes: number) => string> = {
      "a long header behind the status line": (bytes) => `HTTP/1.1 101 a\r\nA: ${"b".repeat(bytes)}`,
      "a long status line": (bytes) => `HTTP/1.1 101 ${"a".repeat(bytes)}`,
      "a long status line, complete": (bytes) => `HTTP/1.1 101 ${"a".repeat(bytes / 2)}\r\n${"A".repeat(bytes / 2)}`,
      "interim responses": (bytes) => "HTTP/1.1 100 \r\n\r\n".repeat(bytes / 17)
    }
    for (const shape of Object.values(shapes)) {
      assert.isAtMost(work(shape(16_000)), 2.1 * work(shape(8000)))
      assert.isAtMost(work(shape(16_000)), 8 * 16_000)
    }
  })
})
