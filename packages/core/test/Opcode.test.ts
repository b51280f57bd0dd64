import { assert, describe, it } from "@effect/vitest"
import * as Opcode from "../src/Opcode.ts"

describe("Opcode", () => {
  it("six of the sixteen values are defined (RFC 6455 §11.8)", () => {
    const defined = Array.from({ length: 16 }, (_, opcode) => opcode).filter(Opcode.isDefined)
    assert.deepStrictEqual(defined, [0x0, 0x1, 0x2, 0x8, 0x9, 0xa])
    assert.deepStrictEqual(defined, [
      Opcode.continuation,
      Opcode.text,
      Opcode.binary,
      Opcode.close,
      Opcode.ping,
      Opcode.pong
    ])
  })

  it("each has a name of its own", () => {
    assert.strictEqual(new Set(Object.values(Opcode.names)).size, 6)
    assert.strictEqual(Opcode.names[0x8], "close")
  })

  it("the upper eight are control frames, defined or not (RFC 6455 §5.5)", () => {
    for (let opcode = 0; opcode < 16; opcode++) assert.strictEqual(Opcode.isControl(opcode), opcode >= 8)
  })
})
