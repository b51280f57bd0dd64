import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { type Happened, maxShownBytes, maxShownCharacters, render, type Style } from "../src/Render.ts"

const pipe: Style = { format: "shown", terminal: false, colors: false, full: false, timings: false }
const terminal: Style = { ...pipe, terminal: true }
const json: Style = { ...pipe, format: "json" }
const raw: Style = { ...pipe, format: "raw" }

const received = (message: string | Uint8Array): Happened => ({ _tag: "Received", message })
const opened: Happened = { _tag: "Opened", url: "wss://example.org/", subprotocol: "chat" }
const closed: Happened = {
  _tag: "Closed",
  info: { closeCode: 4000, closeReason: "b\u001bye", by: "peer", clean: true, discarded: 2 }
}
const pinged: Happened = { _tag: "Pinged", payload: Uint8Array.of(1, 0xab) }
const ponged: Happened = { _tag: "Ponged", payload: new Uint8Array(0) }

const answered: Happened = { _tag: "Answered", roundTrip: Duration.micros(12_346n) }

const table: ReadonlyArray<readonly [what: string, Happened, Style, string | Uint8Array | undefined]> = [
  ["a text in a pipe", received("hello"), pipe, "hello\n"],
  ["a text on a terminal", received("hello"), terminal, "< hello\n"],
  ["with colours", received("hello"), { ...terminal, colors: true }, "\u001b[34m<\u001b[0m hello\n"],
  ["an empty text", received(""), pipe, "\n"],
  ["with timings", received("hello"), { ...pipe, timings: true }, "1.234 hello\n"],
  ["several lines in a pipe are one", received("a\r\nb\t"), pipe, "a\\u{d}\\u{a}b\\u{9}\n"],
  [
    "S32: an escape sequence",
    received("\u001b]0;title\u0007\u001b[2J"),
    terminal,
    "< \\u{1b}]0;title\\u{7}\\u{1b}[2J\n"
  ],
  ["S32: C1, and DEL", received("\u009b31m\u007f"), pipe, "\\u{9b}31m\\u{7f}\n"],
  ["S32: bidirectional controls", received("a\u202eb\u2066"), terminal, "< a\\u{202e}b\\u{2066}\n"],
  ["what only looks special", received("wörld ✓ 😀"), pipe, "wörld ✓ 😀\n"],
  [
    "S32: what stands behind 200 characters",
    received(`${"😀".repeat(300)}\u001b`),
    pipe,
    `${"😀".repeat(300)}\\u{1b}\n`
  ],
  ["bytes in a pipe", received(Uint8Array.of(0, 255)), pipe, "0x00ff\n"],
  ["no bytes in a pipe", received(new Uint8Array(0)), pipe, "\n"],
  [
    "bytes on a terminal",
    received(new TextEncoder().encode("hello, wide world\u001b")),
    terminal,
    [
      "< 18 bytes",
      "  00000000  68 65 6c 6c 6f 2c 20 77 69 64 65 20 77 6f 72 6c  |hello, wide worl|",
      "  00000010  64 1b                                            |d.|",
      ""
    ].join("\n")
  ],
  ["a ping", pinged, pipe, "* ping 0x01ab\n"],
  ["a pong", ponged, terminal, "* pong\n"],
  ["the answer to a ping", answered, pipe, "* answered after 12.3 ms\n"],
  ["the opening in a pipe", opened, pipe, undefined],
  ["the opening on a terminal", opened, terminal, "* connected to wss://example.org/, subprotocol chat\n"],
  ["the close in a pipe", closed, pipe, undefined],
  ["S32: the close on a terminal", closed, terminal, "* closed by peer: 4000 b\\u{1b}ye\n"],

  ["JSON: a text", received('a"\n\u001b'), json, '{"type":"text","text":"a\\"\\n\\u001b"}\n'],
  [
    "S32, JSON: the same, without a character that acts on a terminal",
    received("\u009b\u007f\u202e\u2028"),
    json,
    '{"type":"text","text":"\\u009b\\u007f\\u202e\\u2028"}\n'
  ],
  ["JSON: bytes", received(Uint8Array.of(0, 255)), json, '{"type":"binary","base64":"AP8="}\n'],
  ["JSON: a ping", pinged, json, '{"type":"ping","base64":"Aas="}\n'],
  ["JSON: a pong", ponged, json, '{"type":"pong","base64":""}\n'],
  ["JSON: the answer to a ping", answered, json, '{"type":"answer","milliseconds":12.346}\n'],
  ["JSON: the opening", opened, json, '{"type":"open","url":"wss://example.org/","subprotocol":"chat"}\n'],
  [
    "JSON: the close",
    closed,
    json,
    '{"type":"close","closeCode":4000,"closeReason":"b\\u001bye","by":"peer","clean":true,"discarded":2}\n'
  ],
  ["JSON with timings", received("a"), { ...json, timings: true }, '{"seconds":1.234,"type":"text","text":"a"}\n'],

  ["raw: a text", received("a\u001b\n"), raw, "a\u001b\n\n"],
  ["raw: bytes", received(Uint8Array.of(0, 255)), raw, Uint8Array.of(0, 255)],
  ["raw: nothing else", pinged, raw, undefined],
  ["raw: no close", closed, raw, undefined]
]

describe("what is printed", () => {
  for (const [what, happened, style, expected] of table) {
    it(what, () => assert.deepStrictEqual(render(happened, 1.2341, style), expected))
  }
})

describe("a long message", () => {
  const long = "x".repeat(maxShownCharacters)

  it("is cut on a terminal", () => {
    assert.strictEqual(render(received(long), 0, terminal), `< ${long}\n`)
    assert.strictEqual(render(received(`${long}yz`), 0, terminal), `< ${long}... (2 more characters: --full)\n`)
  })

  it("is never cut in the middle of a character", () => {
    const text = `${long.slice(1)}😀`
    assert.strictEqual(render(received(text), 0, terminal), `< ${long.slice(1)}... (2 more characters: --full)\n`)
  })

  it("is whole with --full, and in a pipe", () => {
    assert.strictEqual(render(received(`${long}y`), 0, { ...terminal, full: true }), `< ${long}y\n`)
    assert.strictEqual(render(received(`${long}y`), 0, pipe), `${long}y\n`)
  })

  it("of bytes, too", () => {
    const bytes = new Uint8Array(maxShownBytes + 3)
    const lines = (style: Style) =>
      String(render(received(bytes), 0, style))
        .trimEnd()
        .split("\n")
    assert.strictEqual(lines(terminal).length, 1 + maxShownBytes / 16 + 1)
    assert.strictEqual(lines(terminal).at(-1), "  ... (3 more bytes: --full)")
    assert.strictEqual(lines({ ...terminal, full: true }).length, 1 + maxShownBytes / 16 + 1)
    assert.match(lines({ ...terminal, full: true }).at(-1)!, /^ {2}00000200 {2}00 00 00 /)
  })
})
