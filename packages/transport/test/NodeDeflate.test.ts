import * as zlib from "node:zlib"
import { assert, describe, it, vi } from "@effect/vitest"
import { hex } from "../../core/test/hex.ts"
import { inflateAll } from "../../core/test/inflaterCases.ts"
import * as NodeDeflate from "../src/internal/NodeDeflate.ts"

describe("NodeDeflate.isAvailable", () => {
  it("this Node has what is undocumented", () => {
    assert.isTrue(NodeDeflate.isAvailable())
  })

  for (const [what, createInflateRaw] of [
    ["is not there", () => ({ close: () => {} })],
    ["does something else", () => Object.assign(zlib.createInflateRaw(), { _writeState: new Uint32Array(2) })]
  ] as const) {
    it(`where it ${what}, the platform has slower forms`, async () => {
      vi.resetModules()
      const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue({ ...zlib, createInflateRaw })
      const { isAvailable } = await import("../src/internal/NodeDeflate.ts")
      const { platform } = await import("../src/NodePlatform.ts")
      assert.isFalse(isAvailable())
      builtin.mockRestore()
      const deflater = platform.deflater({ windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 })
      const inflater = platform.inflater({ windowBits: 15, contextTakeover: true })
      const message = hex("0102030405060708")
      const alone = deflater.deflate(message)
      assert.deepStrictEqual(inflateAll(inflater, [alone]), message)
      assert.deepStrictEqual(deflater.deflate(message), alone, "takes no context over")
    })
  }
})
