import { assert, describe, it } from "@effect/vitest"
import type { InflateFailure } from "../src/Compression.ts"
import { CompressionMeter } from "../src/Traffic.ts"

describe("Traffic: payload bytes before and after compression", () => {
  it("inflating counts the piece that came and what became of it; a failure became nothing", () => {
    const meter = new CompressionMeter()
    let closed = false
    const answers: Array<Uint8Array | InflateFailure> = [new Uint8Array(70), "Corrupt"]
    const inflater = meter.inflater({
      inflate: () => answers.shift()!,
      close: () => {
        closed = true
      }
    })
    assert.deepStrictEqual(inflater.inflate(new Uint8Array(20), 5, 15, true, 100), new Uint8Array(70))
    assert.strictEqual(inflater.inflate(new Uint8Array(20), 0, 20, true, 100), "Corrupt")
    assert.deepInclude(meter, { compressedBytes: 30, plainBytes: 70 })
    inflater.close()
    assert.isTrue(closed)
  })

  it("deflating counts the part and what it became, and whether it is the last passes through", () => {
    const meter = new CompressionMeter()
    let closed = false
    const deflater = meter.deflater({
      deflate: (_, last = true) => new Uint8Array(last ? 4 : 5),
      close: () => {
        closed = true
      }
    })
    assert.deepStrictEqual(deflater.deflate(new Uint8Array(10)), new Uint8Array(4))
    assert.deepStrictEqual(deflater.deflate(new Uint8Array(10), false), new Uint8Array(5))
    assert.deepInclude(meter, { compressedBytes: 9, plainBytes: 20 })
    deflater.close()
    assert.isTrue(closed)
  })
})
