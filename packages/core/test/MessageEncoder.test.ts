import { assert, describe, it } from "@effect/vitest"
import * as Compression from "../src/Compression.ts"
import { FrameEncoder } from "../src/FrameEncoder.ts"
import { MessageEncoder } from "../src/MessageEncoder.ts"
import * as Platform from "../src/Platform.ts"
import { concat, hex, toHex } from "./hex.ts"

/** The frames that an encoder writes, in hex. */
const frames = (use: (encoder: MessageEncoder) => void, deflater?: Compression.Deflater, threshold = 2) => {
  const output = new FrameEncoder(Platform.pure, undefined)
  use(new MessageEncoder({ output, platform: Platform.pure, deflater, threshold, sending: () => true }))
  return toHex(concat(...output.take()))
}

const stored = () => Compression.storing()

describe("MessageEncoder", () => {
  const table: ReadonlyArray<
    readonly [what: string, use: (encoder: MessageEncoder) => void, frames: string, deflater?: Compression.Deflater]
  > = [
    ["a string is text", (encoder) => encoder.send("ü"), "8102c3bc"],
    ["bytes are binary", (encoder) => encoder.send(hex("61")), "820161"],
    ["a string as binary", (encoder) => encoder.send("ü", true, "binary"), "8202c3bc"],
    ["bytes as text", (encoder) => encoder.send(hex("61"), true, "text"), "810161"],
    ["compressed", (encoder) => encoder.send("ab"), "c108 000200fdff616200", stored()],
    ["compressed, as binary", (encoder) => encoder.send("ab", true, "binary"), "c208 000200fdff616200", stored()],
    ["not, because it is short", (encoder) => encoder.send("a"), "810161", stored()],
    ["not, because it is empty", (encoder) => encoder.send(""), "8100", stored()],
    ["not, because the caller says so", (encoder) => encoder.send("ab", false), "81026162", stored()],
    [
      "split",
      (encoder) => {
        const message = encoder.split("üb", 2)
        while (!message.next());
      },
      "0102c3bc 800162"
    ],
    [
      "bytes as text, compressed and split",
      (encoder) => {
        const message = encoder.split(hex("6162"), 5, true, "text")
        while (!message.next());
      },
      "4105 000200fdff 8003 616200",
      stored()
    ],
    [
      "bit by bit, compressed whatever the threshold says",
      (encoder) => encoder.begin("text").send(hex("61"), true),
      "c107 000100feff6100",
      stored()
    ],
    [
      "bit by bit, not compressed",
      (encoder) => encoder.begin("binary", false).send(hex("61"), true),
      "820161",
      stored()
    ]
  ]

  it("a compressed message that is split is its own, whatever the coders do between two frames", () => {
    const memory = hex("0102030405")
    const deflater: Compression.Deflater = { deflate: () => memory, close: () => {} }
    const written = frames((encoder) => {
      const message = encoder.split("ab", 3)
      message.next()
      memory.fill(0xff)
      message.next()
    }, deflater)
    assert.strictEqual(written, toHex(hex("4103010203 80020405")))
  })

  it("texts are compressed from their UTF-8, around the length from which each has memory of its own", () => {
    for (const length of [2, 0xfff, 0x1000, 0x1001]) {
      const given: Array<Uint8Array> = []
      const deflater: Compression.Deflater = {
        deflate: (payload) => {
          given.push(payload.slice())
          return payload
        },
        close: () => {}
      }
      for (const message of ["€".repeat(length), "ab"]) frames((encoder) => encoder.send(message), deflater)
      assert.deepStrictEqual(
        given.map((bytes) => new TextDecoder().decode(bytes)),
        ["€".repeat(length), "ab"]
      )
    }
  })

  for (const [what, use, expected, deflater] of table) {
    it(what, () => assert.strictEqual(frames(use, deflater), toHex(hex(expected))))
  }
})
