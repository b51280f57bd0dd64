/** RFC 6455 §8.1, Handling of Errors in UTF-8-Encoded Data. */
import { describe, it } from "@effect/vitest"
import { delivers, fails, hex } from "./wire.ts"

const invalid: ReadonlyArray<readonly [why: string, bytes: string]> = [
  ["a lone continuation byte", "80"],
  ["a byte that no character has", "fe"],
  ["a byte that no character has", "c0"],
  ["an overlong slash", "c0af"],
  ["an overlong slash", "e080af"],
  ["an overlong slash", "f08080af"],
  ["an overlong U+FFFF", "f08fbfbf"],
  ["a surrogate", "eda080"],
  ["a pair of surrogates", "eda080edb080"],
  ["beyond U+10FFFF", "f4908080"],
  ["beyond U+10FFFF", "f5808080"],
  ["five bytes", "f888808080"],
  ["a character that does not end", "e282"],
  ["a character that does not end", "f09f8c"],
  ["a character that is cut short by another", "e28241"]
]

const valid: ReadonlyArray<readonly [text: string, bytes: string]> = [
  ["\0", "00"],
  ["\u007f", "7f"],
  ["\u0080", "c280"],
  ["\u07ff", "dfbf"],
  ["\u0800", "e0a080"],
  ["\ud7ff", "ed9fbf"],
  ["\ue000", "ee8080"],
  ["\ufeff", "efbbbf"],
  ["\uffff", "efbfbf"],
  ["\u{10000}", "f0908080"],
  ["\u{10ffff}", "f48fbfbf"]
]

const sized = (first: string, payload: string) =>
  `${first}${hex(payload).length.toString(16).padStart(2, "0")}${payload}`

/** One frame for each byte, the last with FIN. */
const fragments = (payload: string) =>
  Array.from(hex(payload), (byte, i) => {
    const fin = i === payload.length / 2 - 1 ? "8" : "0"
    return sized(`${fin}${i === 0 ? "1" : "0"}`, byte.toString(16).padStart(2, "0"))
  }).join("")

describe("when a byte stream that is to be UTF-8 is none, the endpoint MUST fail the connection", () => {
  for (const [why, bytes] of invalid) {
    it.effect(`text, ${why}: ${bytes}`, () => fails(sized("81", bytes), "InvalidUtf8", 1007))
    it.effect(`text in fragments, ${why}: ${bytes}`, () => fails(fragments(bytes), "InvalidUtf8", 1007))
    it.effect(`a close reason, ${why}: ${bytes}`, () => fails(sized("88", `03e8${bytes}`), "InvalidCloseReason", 1007))
  }
})

describe("what is UTF-8 arrives", () => {
  for (const [text, bytes] of valid) {
    it.effect(bytes, () => delivers(sized("81", bytes), text))
    it.effect(`${bytes}, in fragments`, () => delivers(fragments(bytes), text))
  }
})
