import { assert, describe, it } from "@effect/vitest"
import * as HttpBody from "../src/HttpBody.ts"
import { encode, type Headers } from "../src/HttpHead.ts"
import { byteByByte, replay } from "./replay.ts"
import { countWork } from "./work.ts"

/** The body, and whether it needed `end`. The first push is what came behind the head: nothing. */
const read = (chunks: Array<Uint8Array>, options: Partial<HttpBody.Options> & { headers: Headers }) => {
  const reader = HttpBody.make({ status: 403, ...options })
  for (const chunk of [new Uint8Array(0), ...chunks]) {
    const answer = reader.push(chunk)
    if (answer._tag === "Body") return { ...plain(answer), ended: false }
  }
  return { ...plain(reader.end()), ended: true }
}

const plain = ({ bytes, truncated }: HttpBody.Body) => ({ text: Buffer.from(bytes).toString("latin1"), truncated })

const length = (text: string): Headers => [["Content-Length", text]]
const chunked: Headers = [["Transfer-Encoding", "chunked"]]

interface Row {
  readonly clause: string
  readonly headers: Headers
  readonly wire: string
  readonly text: string
  readonly truncated?: boolean
  readonly ended?: boolean
  readonly status?: number
  readonly maxBytes?: number
}

const rows: ReadonlyArray<Row> = [
  { clause: "§6.3 rule 1: 204 has no body", status: 204, headers: length("3"), wire: "abc", text: "" },
  { clause: "§6.3 rule 1: 304 has no body", status: 304, headers: chunked, wire: "abc", text: "" },

  { clause: "§6.2: Content-Length", headers: length("3"), wire: "abcdef", text: "abc" },
  { clause: "§6.2: Content-Length 0", headers: length("0"), wire: "abc", text: "" },
  {
    clause: "§6.2: the stream ends early",
    headers: length("4"),
    wire: "abc",
    text: "abc",
    truncated: true,
    ended: true
  },
  { clause: "§6.3 rule 5: the same length twice", headers: length("3, 3"), wire: "abc", text: "abc" },
  {
    clause: "§6.3 rule 5: two lengths",
    headers: [...length("3"), ...length("4")],
    wire: "abcd",
    text: "",
    truncated: true
  },
  { clause: "§6.3 rule 5: a length with a sign", headers: length("+3"), wire: "abc", text: "", truncated: true },
  { clause: "§6.3 rule 5: a length that is no number", headers: length("x"), wire: "abc", text: "", truncated: true },
  {
    clause: "§6.2: a length beyond all numbers",
    headers: length("9".repeat(400)),
    wire: "abc",
    text: "abc",
    truncated: true,
    ended: true
  },

  { clause: "§6.3 rule 8: until the end", headers: [], wire: "abc", text: "abc", ended: true },
  { clause: "§6.3 rule 8: until the end, which comes at once", headers: [], wire: "", text: "", ended: true },
  {
    clause: "§6.3 rule 4: chunked is not the last coding",
    headers: [["Transfer-Encoding", "chunked, gzip"]],
    wire: "3\r\n",
    text: "3\r\n",
    ended: true
  },

  { clause: "§7.1: chunks", headers: chunked, wire: "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", text: "abc0123456789" },
  { clause: "§7.1: no chunks", headers: chunked, wire: "0\r\n\r\n", text: "" },
  {
    clause: "§7.1: zeros in front, hex in any case",
    headers: chunked,
    wire: "00a\r\n0123456789\r\n000\r\n",
    text: "0123456789"
  },
  {
    clause: "§7.1.1: extensions",
    headers: chunked,
    wire: '3;a="b;c"\r\nabc\r\n3 ; d\r\ndef\r\n0;e\r\n',
    text: "abcdef"
  },
  { clause: "§7.1.2: trailers are not read", headers: chunked, wire: "1\r\na\r\n0\r\nX: y\r\n\r\n", text: "a" },
  {
    clause: "§6.3 rule 3: over Content-Length, in any case, the last of several codings",
    headers: [...length("1"), ["transfer-encoding", "gzip"], ["Transfer-Encoding", "Chunked"]],
    wire: "2\r\nab\r\n0\r\n\r\n",
    text: "ab"
  },
  {
    clause: "§7.1: the stream ends in a size",
    headers: chunked,
    wire: "1\r\na\r\n1",
    text: "a",
    truncated: true,
    ended: true
  },
  {
    clause: "§7.1: the stream ends in data",
    headers: chunked,
    wire: "5\r\nabc",
    text: "abc",
    truncated: true,
    ended: true
  },
  { clause: "§7.1: a size that is no number", headers: chunked, wire: "1\r\na\r\nxyz\r\n", text: "a", truncated: true },
  { clause: "§7.1: a size with a prefix", headers: chunked, wire: "0x3\r\nabc", text: "", truncated: true },
  { clause: "§7.1: a size with a sign", headers: chunked, wire: "-3\r\nabc", text: "", truncated: true },
  { clause: "§7.1: no size", headers: chunked, wire: "\r\nabc", text: "", truncated: true },
  { clause: "§7.1: a bare LF", headers: chunked, wire: "3\nabc", text: "", truncated: true },
  {
    clause: "§7.1: more data than was announced",
    headers: chunked,
    wire: "3\r\nabcd\r\n",
    text: "abc",
    truncated: true
  },
  {
    clause: "§7.1: a size beyond all numbers",
    headers: chunked,
    wire: `${"f".repeat(400)}\r\nabc`,
    maxBytes: 500,
    text: "abc",
    truncated: true,
    ended: true
  },

  { clause: "the bound: as long as it", headers: length("4"), wire: "abcd", maxBytes: 4, text: "abcd" },
  { clause: "the bound: longer", headers: length("5"), wire: "abcde", maxBytes: 4, text: "abcd", truncated: true },
  { clause: "the bound: until the end", headers: [], wire: "abcd", maxBytes: 4, text: "abcd", ended: true },
  {
    clause: "the bound: longer, until the end",
    headers: [],
    wire: "abcde",
    maxBytes: 4,
    text: "abcd",
    truncated: true
  },
  {
    clause: "the bound: in the second chunk",
    headers: chunked,
    wire: "5\r\nabcde\r\n5\r\nfghij\r\n",
    maxBytes: 8,
    text: "abcdefgh",
    truncated: true
  },
  {
    clause: "the bound: as long as it, in chunks",
    headers: chunked,
    wire: "8\r\nabcdefgh\r\n0\r\n",
    maxBytes: 8,
    text: "abcdefgh"
  },
  {
    clause: "the bound: an endless size",
    headers: chunked,
    wire: "0".repeat(9),
    maxBytes: 8,
    text: "",
    truncated: true
  },
  {
    clause: "the bound: an endless extension",
    headers: chunked,
    wire: "1;aaaaaaa",
    maxBytes: 8,
    text: "",
    truncated: true
  },
  {
    clause: "the bound: tiny chunks",
    headers: chunked,
    wire: "1\r\na\r\n1\r\nb\r\n1",
    maxBytes: 10,
    text: "ab",
    truncated: true
  },
  { clause: "the bound: keep nothing", headers: [], wire: "a", maxBytes: 0, text: "", truncated: true }
]

describe("a refusal's body, however it is cut (RFC 9112)", () => {
  for (const { clause, ended = false, headers, maxBytes, status = 403, text, truncated = false, wire } of rows) {
    it(clause, () => {
      replay(encode(wire), (chunks) => {
        assert.deepStrictEqual(read(chunks, { headers, maxBytes, status }), { text, truncated, ended })
      })
    })
  }
})

describe("bounds", () => {
  it("64 KiB by default", () => {
    const bytes = new Uint8Array(HttpBody.defaultMaxBytes + 1).fill(0x61)
    const { text, truncated } = read([bytes], { headers: [] })
    assert.strictEqual(text.length, 65_536)
    assert.isTrue(truncated)
  })

  it("the body belongs to the receiver: no view of a read", () => {
    const reader = HttpBody.make({ status: 403, headers: length("3") })
    const chunk = Buffer.from("abc")
    const body = reader.push(chunk) as HttpBody.Body
    chunk.fill(0)
    assert.deepStrictEqual(body.bytes, encode("abc"))
    assert.strictEqual(Object.getPrototypeOf(body.bytes), Uint8Array.prototype)
  })

  it("byte by byte, the work is linear (S7, attack 7)", () => {
    const work = (wire: string, headers: Headers) => {
      const chunks = byteByByte(encode(wire))
      const reader = HttpBody.make({ status: 403, headers })
      return countWork(() => {
        for (const chunk of chunks) reader.push(chunk)
      })
    }
    const shapes: Record<string, (bytes: number) => readonly [wire: string, headers: Headers]> = {
      "until the end": (bytes) => ["a".repeat(bytes), []],
      "one long size line": (bytes) => ["0".repeat(bytes), chunked],
      "tiny chunks": (bytes) => ["1\r\na\r\n".repeat(bytes / 6), chunked]
    }
    for (const shape of Object.values(shapes)) {
      assert.isAtMost(work(...shape(24_576)), 2.1 * work(...shape(12_288)))
      assert.isAtMost(work(...shape(24_576)), 10 * 24_576)
    }
  })
})
