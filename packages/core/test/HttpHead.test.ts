import { assert, describe, it } from "@effect/vitest"
import * as HttpHead from "../src/HttpHead.ts"
import { needMore } from "../src/NeedMore.ts"
import { headByBytes } from "./headByBytes.ts"
import { Random, seed } from "./random.ts"
import { byteByByte, replay } from "./replay.ts"
import { countWork } from "./work.ts"

const { encode } = HttpHead

const read = (chunks: Array<Uint8Array>, limits?: HttpHead.Limits, reader = HttpHead.make(limits)) => {
  for (const [i, chunk] of chunks.entries()) {
    const answer = reader.push(chunk)
    if (answer !== needMore) return { answer, rest: chunks.slice(i + 1) }
  }
  return { answer: needMore, rest: [] }
}

describe("a head, however it is cut", () => {
  const rows: ReadonlyArray<readonly [clause: string, text: string, head: [string, ...Array<HttpHead.Header>]]> = [
    ["RFC 9112 §2.1: no headers", "HTTP/1.1 404 Not Found\r\n\r\n", ["HTTP/1.1 404 Not Found"]],
    ["RFC 9112 §5: names as written", "S\r\nA-b: c\r\nA-B: d\r\n\r\n", ["S", ["A-b", "c"], ["A-B", "d"]]],
    ["RFC 9112 §5.1: blanks around a value", "S\r\nA: \t b c\t \r\nB:d\r\n\r\n", ["S", ["A", "b c"], ["B", "d"]]],
    ["RFC 9110 §5.5: an empty value", "S\r\nA:\r\nB: \t \r\n\r\n", ["S", ["A", ""], ["B", ""]]],
    ["RFC 9110 §5.5: tabs and latin-1", "S\r\nA: b\tc\x80\xa0\xff\r\n\r\n", ["S", ["A", "b\tc\x80\xa0\xff"]]],
    ["RFC 9110 §5.5: colons in a value", "S\r\nA: b:c: d\r\n\r\n", ["S", ["A", "b:c: d"]]],
    [
      "RFC 9110 §5.6.2: every token character",
      "S\r\n!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n",
      ["S", ["!#$%&'*+-.^_`|~09azAZ", "b"]]
    ],
    [
      "RFC 9112 §5.2: what a header goes on with in the next line",
      "S\r\nA: one\r\n two\t\r\n\t \r\n\tthree\r\nB:\r\n four: 4\r\n\r\n",
      ["S", ["A", "one two three"], ["B", "four: 4"]]
    ],
    [
      "names that objects have",
      "S\r\n__proto__: a\r\nconstructor: b\r\n\r\n",
      ["S", ["__proto__", "a"], ["constructor", "b"]]
    ]
  ]
  for (const [clause, text, [startLine, ...headers]] of rows) {
    it(clause, () => {
      for (const behind of ["", "\x81\x05\r\n\r\n"]) {
        replay(encode(text + behind), (chunks) => {
          const { answer, rest } = read(chunks)
          assert(answer._tag === "Head")
          assert.deepStrictEqual({ startLine: answer.startLine, headers: answer.headers }, { startLine, headers })
          assert.strictEqual(Buffer.concat([answer.leftover, ...rest]).toString("latin1"), behind)
          assert.isTrue(Object.isFrozen(answer.headers) && answer.headers.every(Object.isFrozen))
        })
      }
    })
  }

  it("the start line can be seen before the head is complete", () => {
    const reader = HttpHead.make()
    assert.strictEqual(reader.push(encode("HTTP/1.1 2")), needMore)
    assert.deepStrictEqual([reader.startLine, reader.line], [undefined, "HTTP/1.1 2"])
    assert.strictEqual(reader.push(encode("00 OK\r\nA: b")), needMore)
    assert.deepStrictEqual([reader.startLine, reader.line], ["HTTP/1.1 200 OK", "A: b"])
  })
})

describe("an invalid head, at the byte that proves it", () => {
  const rows: ReadonlyArray<readonly [rule: HttpHead.Rule, what: string, text: string, found: string]> = [
    ["EmptyStartLine", "an empty line before the start line", "\r\n", ""],
    ["BareLineFeed", "in the start line", "SSH-2.0-x\n", "SSH-2.0-x"],
    ["BareLineFeed", "in a header", "S\r\nA: b\n", "A: b"],
    ["BareLineFeed", "instead of the empty line", "S\r\nA: b\r\n\n", ""],
    ["BareCarriageReturn", "inside a value", "S\r\nA: b\rc", "A: b"],
    ["BareCarriageReturn", "doubled", "S\r\nA: b\r\r", "A: b"],
    ["ControlCharacter", "NUL in a value", "S\r\nA: b\0", "A: b\0"],
    ["ControlCharacter", "a TLS alert instead of text", "\x15", "\x15"],
    ["ControlCharacter", "DEL in a name", "S\r\nA\x7f", "A\x7f"],
    ["ControlCharacter", "ESC in a value", "S\r\nA: \x1b", "A: \x1b"],
    ["FoldedHeader", "directly behind the start line (RFC 9112 §2.2)", "S\r\n A: b\r\n", " A: b"],
    ["HeaderWithoutColon", "text", "S\r\nA b\r\n", "A b"],
    ["BlankBeforeColon", "a blank", "S\r\nA : b\r\n", "A : b"],
    ["BlankBeforeColon", "a tab", "S\r\nA\t: b\r\n", "A\t: b"],
    ["InvalidHeaderName", "nothing", "S\r\n: b\r\n", ": b"],
    ["InvalidHeaderName", "two words", "S\r\nA B: c\r\n", "A B: c"],
    ["InvalidHeaderName", "latin-1", "S\r\n\xe4: b\r\n", "\xe4: b"],
    ["InvalidHeaderName", "a delimiter", "S\r\nA(: b\r\n", "A(: b"],
    [
      "InvalidHeaderName",
      "a long line, of which 200 characters are told",
      `S\r\n@${"a".repeat(300)}:\r\n`,
      `@${"a".repeat(199)}`
    ]
  ]
  for (const [rule, what, text, found] of rows) {
    it(`${HttpHead.rules[rule][0]} ${rule}: ${what}`, () => {
      replay(encode(text), (chunks) => {
        const { answer, rest } = read(chunks)
        assert.deepStrictEqual<unknown>(answer, { _tag: "InvalidHead", rule, found })
        assert.isTrue(Object.isFrozen(answer))
        assert.strictEqual(rest.length, 0)
      })
      assert.strictEqual(read([encode(text.slice(0, -1))]).answer, needMore)
    })
  }
})

describe("whatever comes, the reader answers as one that reads byte after byte", () => {
  const names = ["A", "Long-Name", "a b", "", "\xe4", "A "]
  const values = ["b", "", " \t", "c: d\t e ", "\x80\xff", "v".repeat(300), " ".repeat(300), "w".repeat(1500)]
  const ends = ["\n", "\r", "\r\r\n", "\0\r\n", "\x7f", "\n\r", "\r\n\r\n"]

  /** Mostly legal, so that much of it is read. */
  const text = (random: Random): string => {
    const end = () => (random.chance(20) ? random.pick(ends) : "\r\n")
    const name = () => (random.chance(20) ? random.pick(names) : "Name")
    const header = () => `${name()}:${random.chance(2) ? " " : ""}${random.pick(values)}${end()}`
    const folded = () => `${random.pick([" ", "\t"])}${random.pick(values)}${end()}`
    let text = `HTTP/1.1 200 OK${end()}`
    for (let lines = random.int(8); lines > 0; lines--) text += random.chance(4) ? folded() : header()
    return `${text}\r\n${random.chance(2) ? "" : `behind\r\n\0${"\x81".repeat(random.int(1000))}`}`
  }

  it(`random heads, cut at random (SEED=${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 3000; round++) {
      const bytes = encode(text(random))
      const limits = random.chance(2)
        ? HttpHead.defaultLimits
        : { maxHeadBytes: random.int(bytes.length + 1), maxHeaders: random.int(8) }
      const expected = headByBytes(bytes, limits)
      const chunks = random.chance(10) ? byteByByte(bytes) : random.cut(bytes)
      const reader = HttpHead.make(limits)
      const { answer, rest } = read(chunks, limits, reader)
      const { length } = Buffer.concat(rest)
      const what = JSON.stringify({ text: Buffer.from(bytes).toString("latin1"), cut: chunks.map((c) => c.length) })
      if ("line" in expected) {
        assert.strictEqual(answer, needMore, what)
        assert.deepStrictEqual({ line: reader.line, startLine: reader.startLine }, expected, what)
        assert.strictEqual(reader.byteLength, bytes.length, what)
      } else if ("rule" in expected) {
        const { rule, found } = expected
        assert.deepStrictEqual<unknown>(answer, { _tag: "InvalidHead", rule, found }, what)
        const last = chunks[chunks.length - rest.length - 1]!
        assert.isAtLeast(bytes.length - length, expected.bytes, what)
        assert.isBelow(bytes.length - length - last.length, expected.bytes, what)
      } else {
        assert(answer._tag === "Head", what)
        const { headers, leftover, startLine } = answer
        const read = bytes.length - length - leftover.length
        assert.deepStrictEqual<unknown>({ bytes: read, startLine, headers }, expected, what)
        assert.strictEqual(reader.byteLength, expected.bytes, what)
      }
    }
  })
})

describe("the limits (attacks 7 and 8)", () => {
  const head = (bytes: number) => encode(`S\r\nA: ${"b".repeat(bytes - 10)}\r\n\r\n`)

  it("a head as long as the limit, and one byte more", () => {
    assert.strictEqual(read([head(16_384)]).answer._tag, "Head")
    assert.deepInclude<unknown>(read([head(16_385)]).answer, { _tag: "InvalidHead", rule: "HeadTooLong" })
    replay(head(32), (chunks) =>
      assert.strictEqual(read(chunks, { maxHeadBytes: 32, maxHeaders: 1 }).answer._tag, "Head")
    )
    replay(head(33), (chunks) => {
      const { answer } = read(chunks, { maxHeadBytes: 32, maxHeaders: 1 })
      assert.deepInclude<unknown>(answer, { _tag: "InvalidHead", rule: "HeadTooLong" })
    })
  })

  it("an endless line is read no further than the limit", () => {
    const reader = HttpHead.make()
    assert.strictEqual(reader.push(new Uint8Array(16_384).fill(0x41)), needMore)
    const answer = reader.push(Uint8Array.of(0x41))
    assert.deepStrictEqual<unknown>(answer, { _tag: "InvalidHead", rule: "HeadTooLong", found: "A".repeat(200) })
    assert.strictEqual(reader.byteLength, 16_385)
  })

  it("as many headers as the limit, and one more", () => {
    const head = (count: number) => encode(`S\r\n${"A: b\r\n".repeat(count)}\r\n`)
    assert.strictEqual(read([head(128)]).answer._tag, "Head")
    assert.deepInclude<unknown>(read([head(129)]).answer, { rule: "TooManyHeaders", found: "A: b" })
  })

  it("the defaults", () => {
    assert.deepStrictEqual(HttpHead.defaultLimits, { maxHeadBytes: 16_384, maxHeaders: 128 })
  })
})

describe("linear work (attacks 7 and 9)", () => {
  /** The work of a reader that is fed byte by byte, and its last answer. */
  const dripFed = <A>(bytes: Uint8Array, push: (chunk: Uint8Array) => A) => {
    const chunks = byteByByte(bytes)
    const answers: Array<A> = []
    const work = countWork(() => {
      for (const chunk of chunks) answers.push(push(chunk))
    })
    return { work, answer: answers.at(-1)! }
  }

  const heads: Record<string, (bytes: number) => string> = {
    "one long header": (bytes) => `S\r\nA: ${"b".repeat(bytes - 10)}\r\n\r\n`,
    "one header of blanks": (bytes) => `S\r\nA: ${" ".repeat(bytes - 10)}\r\n\r\n`,
    "many headers": (bytes) =>
      `S\r\n${`A: ${"b".repeat(123)}\r\n`.repeat(bytes / 128 - 1)}A: ${"c".repeat(118)}\r\n\r\n`,
    "one long start line": (bytes) => `${"S".repeat(bytes - 4)}\r\n\r\n`
  }
  for (const [what, text] of Object.entries(heads)) {
    it(`a head of 16 KiB, byte by byte: ${what}`, () => {
      const work = (bytes: number) => {
        const head = encode(text(bytes))
        assert.strictEqual(head.length, bytes)
        const reader = HttpHead.make()
        const { answer, work } = dripFed(head, (chunk) => reader.push(chunk))
        assert.strictEqual(answer._tag, "Head")
        assert.strictEqual(reader.byteLength, bytes)
        return work
      }
      assert.isAtMost(work(16_384), 8 * 16_384)
      assert.isAtMost(work(16_384), 2.1 * work(8192))
    })
  }

  it("the count finds a reader that searches its buffer again for each byte", () => {
    const quadratic = (bytes: number) => {
      let text = ""
      return dripFed(new Uint8Array(bytes), (chunk) => {
        text += String.fromCharCode(chunk[0]!)
        return text.indexOf("\r\n\r\n")
      }).work
    }
    assert.isAbove(quadratic(2048), 3.9 * quadratic(1024))
  })
})

describe("writing", () => {
  it("format, and what the reader makes of it", () => {
    const headers: HttpHead.Headers = [
      ["Host", "a"],
      ["X", "\xe4\tb"]
    ]
    const bytes = HttpHead.format("GET / HTTP/1.1", headers)
    assert.strictEqual(Buffer.from(bytes).toString("latin1"), "GET / HTTP/1.1\r\nHost: a\r\nX: \xe4\tb\r\n\r\n")
    assert.deepInclude<unknown>(read([bytes]).answer, { startLine: "GET / HTTP/1.1", headers })
  })
})
