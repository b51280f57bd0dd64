import { assert, describe, it } from "@effect/vitest"
import type { Kind } from "../src/Assembler.ts"
import * as InvalidMessage from "../src/InvalidMessage.ts"
import { encoded, invalid, MessageParts } from "../src/MessageParts.ts"
import * as Platform from "../src/Platform.ts"
import { hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const { LoneSurrogate, NotAMessage, NotUtf8 } = InvalidMessage.all

/** What each part becomes, in hex or as the rule that forbids it, and the end last. */
const each = (kind: Kind, ...parts: ReadonlyArray<string | Uint8Array>) => {
  const text = new MessageParts(kind, Platform.pure)
  const answers = parts.map((part) => text.take(part))
  return [...answers.map((answer) => (answer instanceof Uint8Array ? toHex(answer) : answer)), text.end()]
}

const [high, low] = ["\ud83d", "\ude00"] as const

describe("MessageParts", () => {
  const table: ReadonlyArray<
    readonly [what: string, kind: Kind, parts: ReadonlyArray<string | Uint8Array>, answers: Array<unknown>]
  > = [
    ["texts", "text", ["a", "ü", ""], ["61", "c3bc", "", undefined]],
    ["no part at all", "text", [], [undefined]],
    ["a pair that is cut: its half is held back", "text", [`a${high}`, `${low}b`], ["61", "f09f988062", undefined]],
    ["the first pair that there is, cut", "text", ["\ud800", "\udc00"], ["", "f0908080", undefined]],
    ["the last pair that there is, cut", "text", ["\udbff", "\udfff"], ["", "f48fbfbf", undefined]],
    ["an empty string inside of it", "text", [high, "", low], ["", "", "f09f9880", undefined]],
    ["the same on its way to a binary message", "binary", [high, low], ["", "f09f9880", undefined]],
    ["half a pair that another character follows", "text", [high, "a"], ["", LoneSurrogate, undefined]],
    ["half a pair that bytes follow", "binary", [high, hex("61")], ["", LoneSurrogate, LoneSurrogate]],
    ["half a pair at the end", "text", [high], ["", LoneSurrogate]],
    ["the other half alone", "text", [low], [LoneSurrogate, undefined]],
    [
      "a character in two byte arrays: it goes out as it is",
      "text",
      [hex("61c3"), hex("bc")],
      ["61c3", "bc", undefined]
    ],
    ["bytes that are no UTF-8", "text", [hex("61ff")], [NotUtf8, NotUtf8]],
    ["bytes that end inside of a character", "text", [hex("c3")], ["c3", NotUtf8]],
    ["a string inside of a character", "text", [hex("c3"), "a"], ["c3", NotUtf8, NotUtf8]],
    ["any bytes in a binary message", "binary", [hex("ff"), "a"], ["ff", "61", undefined]],
    ["what is neither text nor bytes", "binary", [[1, 2] as never], [NotAMessage, undefined]]
  ]
  for (const [what, kind, parts, answers] of table) {
    it(what, () => assert.deepStrictEqual(each(kind, ...parts), answers))
  }

  it(`all parts together are the text, wherever it is cut (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 200; round++) {
      const text = random.text(60)
      const at = random.int(text.length + 1)
      const [first, second, end] = each("text", text.slice(0, at), text.slice(at))
      assert.deepStrictEqual([`${first}${second}`, end], [toHex(encoded(text, Platform.pure)), undefined])
    }
  })
})

describe("MessageParts.invalid", () => {
  const rows: ReadonlyArray<readonly [string | Uint8Array, Kind | undefined, unknown]> = [
    ["ü", undefined, undefined],
    ["ü", "binary", undefined],
    [high, "binary", LoneSurrogate],
    [hex("ff"), undefined, undefined],
    [hex("ff"), "binary", undefined],
    [hex("c3bc"), "text", undefined],
    [hex("ff"), "text", NotUtf8],
    [hex("c3"), "text", NotUtf8],
    [7 as never, "text", NotAMessage]
  ]
  for (const [message, kind, answer] of rows) {
    const shown = typeof message === "string" ? JSON.stringify(message) : String(message)
    it(`${shown} as ${kind ?? "what it is"}`, () => assert.strictEqual(invalid(message, kind, Platform.pure), answer))
  }
})
