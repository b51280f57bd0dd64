import { assert, describe, it } from "@effect/vitest"
import { command } from "../src/Slash.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const wrong = /^the commands are \/ping/

const table: ReadonlyArray<readonly [line: string, command: unknown]> = [
  ["hello", undefined],
  ["", undefined],
  [" /ping", undefined],
  ["/ping", { _tag: "Ping", payload: undefined }],
  ["/ping  are you there? ", { _tag: "Ping", payload: bytes("are you there? ") }],
  ["/pong", { _tag: "Pong", payload: undefined }],
  ["/pong ü", { _tag: "Pong", payload: bytes("ü") }],
  ["/close", { _tag: "Close", closeCode: 1000, closeReason: "" }],
  ["/close 4000", { _tag: "Close", closeCode: 4000, closeReason: "" }],
  ["/close 4000 all is done", { _tag: "Close", closeCode: 4000, closeReason: "all is done" }],
  ["/close bye", wrong],
  ["/close 4000x", wrong],
  ["/", wrong],
  ["/Ping", wrong],
  ["/pings", wrong]
]

describe("a line with --slash", () => {
  for (const [line, expected] of table) {
    it(line || "an empty one", () => {
      const found = command(bytes(line))
      if (expected instanceof RegExp) assert.match(String(found), expected)
      else assert.deepStrictEqual(found, expected)
    })
  }
})
