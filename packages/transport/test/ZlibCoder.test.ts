import { createHook } from "node:async_hooks"
import * as zlib from "node:zlib"
import { assert, describe, it, vi } from "@effect/vitest"
import { Bits } from "../../core/test/deflate.ts"
import { concat, hex } from "../../core/test/hex.ts"
import { inflateAll } from "../../core/test/inflaterCases.ts"
import * as ZlibDeflater from "../src/internal/ZlibDeflater.ts"
import * as ZlibInflater from "../src/internal/ZlibInflater.ts"

describe("ZlibCoder: native memory", () => {
  /** How many native coders were made and closed. */
  const counting = (run: (count: () => { made: number; closed: number }) => void) => {
    let made = 0
    const closed = new Set<unknown>()
    const hook = createHook({
      init: (_id, type) => {
        if (type === "ZLIB") made += 1
      }
    })
    const spies = [zlib.DeflateRaw, zlib.InflateRaw].map(({ prototype }) => vi.spyOn(prototype, "close"))
    hook.enable()
    try {
      run(() => {
        for (const { mock } of spies) for (const stream of mock.contexts) closed.add(stream)
        for (const stream of closed) assert.isNull((stream as { _handle: unknown })._handle)
        return { made, closed: closed.size }
      })
    } finally {
      hook.disable()
      for (const spy of spies) spy.mockRestore()
    }
  }
  const deflaterOptions = { windowBits: 15, contextTakeover: true, level: 6, memoryLevel: 8 }
  const inflaterOptions = { windowBits: 15, contextTakeover: true }
  const text = new Uint8Array(1000)

  it("is taken with the first message, and given back by close", () => {
    counting((count) => {
      const deflater = ZlibDeflater.deflater(deflaterOptions)
      const inflater = ZlibInflater.inflater(inflaterOptions)
      assert.deepStrictEqual(count(), { made: 0, closed: 0 })
      for (let i = 0; i < 3; i++) assert.deepStrictEqual(inflateAll(inflater, [deflater.deflate(text).slice()]), text)
      assert.deepStrictEqual(count(), { made: 2, closed: 0 })
      for (let twice = 0; twice < 2; twice++) {
        deflater.close()
        inflater.close()
        assert.deepStrictEqual(count(), { made: 2, closed: 2 })
      }
    })
  })

  it("is given back by a failure", () => {
    for (const [message, room] of [
      ["0600", 100],
      ["f248cdc9c90700", 4],
      ["f248cdc9c907", 5]
    ] as const) {
      counting((count) => {
        const inflater = ZlibInflater.inflater(inflaterOptions)
        assert.isString(inflateAll(inflater, [hex("000000ffff"), hex(message)], room))
        assert.deepStrictEqual(count(), { made: 1, closed: 1 })
        inflater.close()
        assert.deepStrictEqual(count(), { made: 1, closed: 1 })
      })
    }
  })

  it("is one coder's for a message full of last blocks", () => {
    counting((count) => {
      const blocks = 1_024
      const last = new Bits().block(1, true).fixed(0x61).fixed(256).take()
      const message = concat(...Array.from({ length: blocks }, () => last), hex("00"))
      const inflater = ZlibInflater.inflater(inflaterOptions)
      inflateAll(inflater, [new Bits().stored(new Uint8Array(40_000)).message()])
      const before = process.memoryUsage().external
      const output = inflater.inflate(message, 0, message.length, true, blocks)
      assert.isBelow(process.memoryUsage().external - before, 0x100000)
      assert.deepStrictEqual(output, new Uint8Array(blocks).fill(0x61))
      inflater.close()
      assert.deepStrictEqual(count(), { made: 1, closed: 1 })
    })
  })
})
