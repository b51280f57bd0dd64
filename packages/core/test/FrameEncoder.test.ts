import { assert, describe, it } from "@effect/vitest"
import { Endpoint } from "../src/Endpoint.ts"
import { encode, FrameEncoder } from "../src/FrameEncoder.ts"
import * as Limits from "../src/Limits.ts"
import * as Masking from "../src/Masking.ts"
import type { Message } from "../src/MessageAssembler.ts"
import * as Opcode from "../src/Opcode.ts"
import * as Platform from "../src/Platform.ts"
import { concat, hex, toHex } from "./hex.ts"
import { Random, seed } from "./random.ts"

const utf8 = (text: string) => new Uint8Array(Buffer.from(text))
const add = (encoder: FrameEncoder, message: Message) =>
  typeof message === "string" ? encoder.text(message) : encoder.frame(Opcode.binary, message)

/** The same frame from the reference. */
const reference = (message: Message, maskingKey: number | undefined) =>
  typeof message === "string"
    ? encode({ opcode: Opcode.text, payload: utf8(message), maskingKey }, Masking.reference)
    : encode({ opcode: Opcode.binary, payload: message, maskingKey }, Masking.reference)

/** Two streams of the same keys: one for the encoder, one for the reference. */
const keys = (from: number) => {
  const random = new Random(from)
  return () => random.uint32()
}

describe("FrameEncoder.encode: one frame as one array (RFC 6455 §5.7)", () => {
  for (const [what, frame, bytes] of [
    ["unmasked text", { opcode: 0x1, payload: utf8("Hello") }, "810548656c6c6f"],
    ["masked text", { opcode: 0x1, payload: utf8("Hello"), maskingKey: 0x37fa213d }, "818537fa213d7f9f4d5158"],
    ["a first fragment", { opcode: 0x1, payload: utf8("Hel"), fin: false }, "010348656c"],
    ["a last fragment", { opcode: 0x0, payload: utf8("lo") }, "80026c6f"],
    ["a ping", { opcode: 0x9, payload: utf8("Hello") }, "890548656c6c6f"],
    ["a compressed message", { opcode: 0x1, payload: hex("f248cdc9c90700"), rsv1: true }, "c107f248cdc9c90700"]
  ] as const) {
    it(what, () => {
      assert.strictEqual(toHex(encode(frame, Masking.mask)), bytes)
      assert.strictEqual(toHex(encode(frame, Masking.reference)), bytes)
    })
  }
})

describe("FrameEncoder", () => {
  const edges = [
    0, 1, 2, 3, 23, 24, 25, 125, 126, 127, 128, 5453, 5457, 5458, 5461, 16_370, 16_376, 16_384, 65_535, 65_536, 100_000
  ]
  for (const role of ["client", "server"] as const) {
    for (const [what, message] of [
      ["ASCII text", (length: number) => "a".repeat(length)],
      ["text of two bytes each", (length: number) => "é".repeat(length >> 1)],
      ["text of three bytes each", (length: number) => "€".repeat(Math.ceil(length / 3))],
      ["bytes", (length: number) => new Uint8Array(length).fill(0x5a)]
    ] as const) {
      it(`writes ${what} of a ${role} as the reference does, around every length at which something changes`, () => {
        for (const length of edges) {
          const key = role === "client" ? keys(length) : undefined
          const again = keys(length)
          const encoder = new FrameEncoder(Platform.pure, key)
          const messages = [message(length), "between", message(length)]
          for (const each of messages) add(encoder, each)
          const expected = concat(...messages.map((each) => reference(each, key && again())))
          assert.strictEqual(encoder.pendingBytes, expected.length)
          assert.deepStrictEqual(concat(...encoder.take()), expected, `${length}`)
          assert.strictEqual(encoder.pendingBytes, 0)
        }
      })
    }
  }

  it("non-ASCII text that needs a longer header than its length in UTF-16 let expect", () => {
    for (const units of [42, 62, 63, 64, 124, 125, 126]) {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      encoder.text("€".repeat(units))
      assert.deepStrictEqual(concat(...encoder.take()), reference("€".repeat(units), undefined), `${units}`)
    }
  })

  it("fills the shared buffer to its last byte, and no further", () => {
    for (const [first, second] of [
      [0, 1],
      [500, 600],
      [900, 126]
    ] as const) {
      for (let length = first; length < first + 150; length++) {
        const again = keys(length)
        const encoder = new FrameEncoder(Platform.pure, keys(length))
        const messages = [
          new Uint8Array(length),
          "é".repeat(second >> 1),
          "€".repeat(second >> 3),
          new Uint8Array(second)
        ]
        for (const each of messages) add(encoder, each)
        const expected = concat(...messages.map((each) => reference(each, again())))
        assert.deepStrictEqual(concat(...encoder.take()), expected, `${length}`)
      }
    }
  })

  it("counts frames, and those that end a message: neither a first fragment nor a ping does", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    encoder.text("whole")
    encoder.frame(Opcode.text, utf8("first"), false)
    encoder.frame(Opcode.ping, utf8(""))
    encoder.frame(Opcode.continuation, utf8("last"))
    assert.deepInclude(encoder, { frames: 4, messages: 2 })
  })

  it("has nothing to give before the first frame, and after take", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    assert.deepStrictEqual(encoder.take(), [])
    encoder.text("a")
    encoder.take()
    assert.deepStrictEqual(encoder.take(), [])
  })

  it("many small frames are one array, a large one keeps its place between them", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    for (const message of ["a", "b", new Uint8Array(20_000), "c", "d"]) add(encoder, message)
    assert.deepStrictEqual(
      encoder.take().map((chunk) => chunk.length),
      [6, 20_004, 6]
    )
  })

  it("copies before it returns: the caller may reuse its bytes", () => {
    for (const length of [10, 20_000]) {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      const payload = new Uint8Array(length).fill(1)
      encoder.frame(Opcode.binary, payload)
      const expected = reference(payload.slice(), undefined)
      payload.fill(2)
      assert.deepStrictEqual(concat(...encoder.take()), expected)
    }
  })

  it("recycle begins the same memory again", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    encoder.text("a")
    const [first] = encoder.take() as [Uint8Array]
    encoder.recycle()
    encoder.text("b")
    const [second] = encoder.take() as [Uint8Array]
    assert.strictEqual(second.buffer, first.buffer)
    assert.strictEqual(second.byteOffset, first.byteOffset)
  })

  it("the shared buffer grows with use, to 128 KiB at most", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    for (let i = 0; i < 300; i++) encoder.frame(Opcode.binary, new Uint8Array(1000))
    const sizes = new Set(encoder.take().map((chunk) => chunk.buffer.byteLength))
    assert.deepStrictEqual([...sizes], [0x400, 0x1000, 0x4000, 0x10000, 0x20000])
  })

  describe("recycle", () => {
    /** The size of the buffer that a frame of so many bytes, header included, is written to. */
    const write = (encoder: FrameEncoder, size: number) => {
      encoder.frame(Opcode.binary, new Uint8Array(size - (size > 0xffff ? 10 : size > 127 ? 4 : 2)))
      const chunk = encoder.take().at(-1)!
      return chunk.buffer.byteLength
    }
    for (const [what, turns, after] of [
      ["keeps a small buffer, however little was written", [[0x2000], [2], [2], [2], [2]], 0x2000],
      ["keeps a larger one while an eighth of it is used", [[0x4000], [0x7fe], [0x7fe], [0x7fe], [0x7fe]], 0x4000],
      ["does not let it go for one write that is small", [[0x4000], [2]], 0x4000],
      ["lets it go after some", [[0x4000], [2], [2], [2], [2]], 0x400],
      ["counts all that was written since", [[0x20000], [2], [2], [2], [0x1000, 0x1000]], 0x20000],
      ["and of what was before no more than half, each time", [[0x20000], [2], [2], [2], [0x1ff0]], 0x400],
      ["keeps the largest buffer that is shared", [[0x20000]], 0x20000],
      ["lets go of one that was made for a larger frame", [[0x20001]], 0x400],
      ["lets it go even when it was filled to its last byte", [[0x200000]], 0x400]
    ] as const) {
      it(what, () => {
        const encoder = new FrameEncoder(Platform.pure, undefined)
        for (const sizes of turns) {
          for (const size of sizes) write(encoder, size)
          encoder.recycle()
        }
        assert.strictEqual(write(encoder, 2), after)
      })
    }

    it("counts what stands in the buffers before it too: a busy sender keeps the one it has grown to", () => {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      const turn = () => {
        while (encoder.pendingBytes < 0x10000) encoder.frame(Opcode.binary, new Uint8Array(1000))
        const buffers = new Set(encoder.take().map((chunk) => chunk.buffer))
        encoder.recycle()
        return [...buffers]
      }
      turn()
      const last = turn().at(-1)
      for (let i = 0; i < 3; i++) assert.isTrue(turn().every((buffer) => buffer === last))
    })

    it("a large frame is written where the last one was, if there is room; what is taken and not written yet is not", () => {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      const large = (size: number) => {
        encoder.frame(Opcode.binary, new Uint8Array(size))
        return encoder.take().at(-1)!.buffer
      }
      const first = large(0x30000)
      assert.notStrictEqual(large(0x30000), first)
      encoder.recycle()
      const second = large(0x30000)
      encoder.recycle()
      assert.strictEqual(large(0x28000), second)
      encoder.recycle()
      assert.notStrictEqual(large(0x40000), second)
    })

    it("what a large frame was written to is not held once it was taken: nothing more may ever be sent", () => {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      encoder.frame(Opcode.binary, new Uint8Array(0x30000))
      const [taken] = encoder.take() as [Uint8Array]
      const held = Object.values(encoder).filter((value) => value instanceof Uint8Array)
      assert.isFalse(held.some(({ buffer }) => buffer === taken.buffer))
    })

    it("an unused encoder holds nothing", () => {
      const encoder = new FrameEncoder(Platform.pure, undefined)
      encoder.recycle()
      assert.strictEqual(write(encoder, 2), 0x400)
    })
  })

  describe("giveBack", () => {
    const encoder = () => new FrameEncoder(Platform.pure, undefined)
    const written = (by: FrameEncoder, text: string) => {
      by.text(text)
      return by.take().at(-1)!
    }

    it("lends the first buffer to whichever encoder writes next, the one given back last first", () => {
      const first = encoder()
      const second = encoder()
      const chunk = written(first, "a")
      assert.notStrictEqual(written(second, "b").buffer, chunk.buffer)
      first.giveBack()
      assert.strictEqual(written(encoder(), "c").buffer, chunk.buffer)
      assert.notStrictEqual(written(encoder(), "d").buffer, chunk.buffer)
      assert.notStrictEqual(written(first, "e").buffer, chunk.buffer)
    })

    it("what was sent before does not shine through", () => {
      const first = encoder()
      written(first, "secret ".repeat(20))
      first.giveBack()
      assert.deepStrictEqual(written(encoder(), "short"), reference("short", undefined))
    })

    it("keeps a buffer that has grown, as recycle does", () => {
      const busy = encoder()
      const grown = written(busy, "x".repeat(2000))
      busy.giveBack()
      assert.strictEqual(written(busy, "a").buffer, grown.buffer)
    })

    it("keeps so many as one turn of the event loop may need, and no more", () => {
      const busy = Array.from({ length: 100 }, encoder)
      const lent = new Set(busy.map((each) => written(each, "a").buffer))
      for (const each of busy) each.giveBack()
      const again = busy.map((each) => written(each, "b").buffer)
      assert.strictEqual(again.filter((buffer) => lent.has(buffer)).length, 64)
    })

    it("is for when all was taken: not before, not while more is pending, and not again", () => {
      const one = encoder()
      const states = [one.isTaken]
      for (const step of [
        () => one.text("a"),
        () => one.take(),
        () => one.text("b"),
        () => one.take(),
        () => one.giveBack()
      ]) {
        step()
        states.push(one.isTaken)
      }
      assert.deepStrictEqual(states, [false, false, true, false, true, false])
    })

    it("gives nothing back twice", () => {
      const [first, second, third] = [encoder(), encoder(), encoder()]
      written(first!, "a")
      first!.giveBack()
      first!.giveBack()
      assert.notStrictEqual(written(second!, "b").buffer, written(third!, "c").buffer)
    })
  })

  it("release drops what was not taken, and keeps no memory", () => {
    const encoder = new FrameEncoder(Platform.pure, undefined)
    encoder.text("x".repeat(2000))
    encoder.take()
    encoder.text("y".repeat(2000))
    encoder.frame(Opcode.binary, new Uint8Array(0x30000))
    encoder.release()
    assert.deepInclude({ ...encoder }, { pendingBytes: 0, messages: 3 })
    assert.deepStrictEqual(encoder.take(), [])
    const held = Object.values(encoder).filter((value) => value instanceof Uint8Array)
    assert.isTrue(held.every((array) => array.length === 0))
  })

  it("a frame that is larger than the largest buffer has an array of its own, and the next ones share again", () => {
    const encoder = new FrameEncoder(Platform.pure, keys(1))
    const again = keys(1)
    const messages = ["before", new Uint8Array(0x30000).fill(0x5a), "é".repeat(0x30000), "after", "and after"]
    for (const each of messages) add(encoder, each)
    const chunks = encoder.take()
    assert.deepStrictEqual(concat(...chunks), concat(...messages.map((each) => reference(each, again()))))
    assert.deepStrictEqual(
      chunks.map((chunk) => [chunk.length, chunk.buffer.byteLength]),
      [
        [12, 0x400],
        [0x3000e, 0x3000e],
        [0x6000e, 0x6000e],
        [26, 0x20000]
      ]
    )
  })

  for (const role of ["client", "server"] as const) {
    it(`what a ${role} encodes, the other role reads; taken arrays stay as they are until recycle (seed ${seed})`, () => {
      const random = new Random()
      for (let round = 0; round < 15; round++) {
        const from = random.uint32()
        const again = keys(from)
        const encoder = new FrameEncoder(Platform.pure, role === "client" ? keys(from) : undefined)
        const sent: Array<Message> = []
        const written: Array<Uint8Array> = []
        let inFlight: Array<{ chunk: Uint8Array; as: Uint8Array }> = []
        const flush = () => {
          for (const { as, chunk } of inFlight) assert.deepStrictEqual(chunk, as)
          inFlight = []
        }
        for (let i = 0; i < 30; i++) {
          const length = random.int(random.pick([3, 130, 1000, 30_000]))
          const message = random.chance(2) ? random.text(length >> 1) : random.bytes(length)
          sent.push(message)
          add(encoder, message)
          if (random.chance(3)) {
            const taken = encoder.take()
            written.push(...taken.map((chunk) => chunk.slice()))
            inFlight.push(...taken.map((chunk) => ({ chunk, as: chunk.slice() })))
          }
          if (random.chance(5) && encoder.pendingBytes === 0) {
            flush()
            encoder.recycle()
          }
        }
        written.push(...encoder.take().map((chunk) => chunk.slice()))
        flush()
        const wire = concat(...written)
        const expected = concat(...sent.map((message) => reference(message, role === "client" ? again() : undefined)))
        assert.deepStrictEqual(wire, expected)
        assert.deepStrictEqual(received(role === "client" ? "server" : "client", random.cut(wire)), sent)
      }
    })
  }
})

const received = (role: "client" | "server", chunks: ReadonlyArray<Uint8Array>): Array<Message> => {
  const endpoint = new Endpoint({ role, platform: Platform.pure, limits: Limits.defaults, maskingKey: () => 0 })
  const messages: Array<Message> = []
  for (const chunk of chunks) {
    endpoint.receive(chunk)
    assert.isTrue(endpoint.read(messages, { messages: Infinity, bytes: Infinity }))
  }
  return messages
}
