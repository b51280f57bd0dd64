import { assert, describe, it } from "@effect/vitest"
import * as HttpHead from "../src/HttpHead.ts"
import * as HttpResponse from "../src/HttpResponse.ts"
import { needMore } from "../src/NeedMore.ts"
import { replay } from "./replay.ts"

const { encode } = HttpHead

const read = (chunks: Array<Uint8Array>, limits?: HttpHead.Limits) => {
  const reader = HttpResponse.make(limits)
  for (const [i, chunk] of chunks.entries()) {
    const answer = reader.push(chunk)
    if (answer !== needMore) return { answer, rest: chunks.slice(i + 1) }
  }
  return { answer: needMore, rest: [] }
}

describe("a response, however it is cut", () => {
  const rows: ReadonlyArray<readonly [clause: string, text: string, status: number, statusText: string]> = [
    ["RFC 9112 §4: a status line", "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n", 404, "Not Found"],
    ["RFC 9112 §4: an empty reason phrase", "HTTP/1.1 404 \r\nA: b\r\n\r\n", 404, ""],
    ["without the blank before it", "HTTP/1.1 404\r\nA: b\r\n\r\n", 404, ""],
    ["an older version", "HTTP/1.0 200 Connection established\r\nA: b\r\n\r\n", 200, "Connection established"],
    ["a status that nobody has defined", "HTTP/1.1 999 ?\r\nA: b\r\n\r\n", 999, "?"],
    ["RFC 9110 §15.2.2: 101 ends HTTP", "HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n", 101, "Switching Protocols"],
    [
      "RFC 9110 §15.2: interim responses are left out",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n",
      200,
      "OK"
    ]
  ]
  for (const [clause, text, status, statusText] of rows) {
    it(clause, () => {
      for (const behind of ["", "\x81\x05\r\n\r\n"]) {
        replay(encode(text + behind), (chunks) => {
          const { answer, rest } = read(chunks)
          assert(answer._tag === "Response")
          assert.deepInclude(answer, { status, statusText, headers: [["A", "b"]] })
          assert.strictEqual(Buffer.concat([answer.leftover, ...rest]).toString("latin1"), behind)
        })
      }
    })
  }
})

describe("no response, at the byte that proves it", () => {
  const rows: ReadonlyArray<readonly [rule: HttpResponse.Rule, what: string, text: string, found: string]> = [
    ["StatusLine", "another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"],
    ["StatusLine", "a status of two digits", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 20 OK"],
    ["StatusLine", "a status below 100", "HTTP/1.1 099 OK\r\n", "HTTP/1.1 099 OK"],
    ["HttpVersion", "HTTP/2.0", "HTTP/2.0 200 OK\r\n", "HTTP/2.0 200 OK"],
    ["HttpVersion", "a 101 of HTTP/1.0 (RFC 9110 §7.8)", "HTTP/1.0 101 OK\r\n", "HTTP/1.0 101 OK"],
    ["ControlCharacter", "a TLS alert", "\x15", "\x15"],
    ["BareLineFeed", "behind an interim response", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\n", "HTTP/1.1 200 OK"]
  ]
  for (const [rule, what, text, found] of rows) {
    it(`${rule}: ${what}`, () => {
      replay(encode(text), (chunks) => {
        const { answer, rest } = read(chunks)
        assert.deepStrictEqual(answer, { _tag: "InvalidResponse", rule, found })
        assert.isTrue(Object.isFrozen(answer))
        assert.isEmpty(rest)
      })
    })
  }
})

describe("limits hold for the response and all interim ones before it", () => {
  const interim = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"
  const final = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"

  it("bytes", () => {
    const maxHeadBytes = interim.length + final.length
    assert.strictEqual(read([encode(interim + final)], { maxHeadBytes, maxHeaders: 2 }).answer._tag, "Response")
    const { answer } = read([encode(interim + final)], { maxHeadBytes: maxHeadBytes - 1, maxHeaders: 2 })
    assert.deepInclude(answer, { _tag: "InvalidResponse", rule: "HeadTooLong" })
  })

  it("headers", () => {
    const { answer } = read([encode(interim + final)], { ...HttpHead.defaultLimits, maxHeaders: 1 })
    assert.deepInclude(answer, { _tag: "InvalidResponse", rule: "TooManyHeaders", found: "A: b" })
  })
})

it("what was read can be told before the head is complete", () => {
  const reader = HttpResponse.make()
  assert.strictEqual(reader.push(encode("HTTP/1.1 2")), needMore)
  assert.strictEqual(reader.found, "HTTP/1.1 2")
  assert.strictEqual(reader.push(encode("00 OK\r\nA: b")), needMore)
  assert.strictEqual(reader.found, "HTTP/1.1 200 OK")
})
