import { assert, describe, it } from "@effect/vitest"
import type { Failure } from "../src/Assembler.ts"
import type { Inflater } from "../src/Compression.ts"
import { FrameDecoder } from "../src/FrameDecoder.ts"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Inflate from "../src/Inflate.ts"
import * as Limits from "../src/Limits.ts"
import { type Message, MessageAssembler, messageBytes, messages } from "../src/MessageAssembler.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"
import { byteByByte, replay } from "./replay.ts"

const { InvalidUtf8 } = ProtocolViolation.all

/** What the reads give: messages, and a failure last; and after how many bytes it came. */
const assemble = (
  chunks: ReadonlyArray<Uint8Array>,
  limits: Partial<Limits.Limits> = {},
  inflater: Inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true }),
  assembler = messages.make(Platform.pure, { ...Limits.defaults, ...limits }, inflater)
) => {
  const decoder = new FrameDecoder({ role: "client", rsv1: true, mask: Platform.pure.mask })
  const answers: Array<Message | Failure> = []
  let read = 0
  for (const chunk of chunks) {
    decoder.push(chunk)
    read += chunk.length
    for (let piece = decoder.next(); piece === decoder; piece = decoder.next()) {
      const answer = assembler.take(decoder)
      if (answer === undefined) continue
      answers.push(answer)
      if (typeof answer === "object" && "_tag" in answer) return { answers, failedAt: read }
    }
  }
  return { answers, failedAt: undefined }
}

const frame = (opcode: 0x0 | 0x1 | 0x2, payload: Uint8Array, fin = true, rsv1 = false) =>
  FrameEncoder.encode({ opcode, payload, fin, rsv1 }, Platform.pure.mask)

/** One binary message in fragments of these lengths; without the last FIN when it is `open`. */
const fragments = (lengths: ReadonlyArray<number>, open = false, compressed = false) =>
  concat(
    ...lengths.map((length, i) => {
      const last = !open && i === lengths.length - 1
      return frame(i === 0 ? 0x2 : 0x0, new Uint8Array(length), last, compressed && i === 0)
    })
  )

describe("MessageAssembler: messages, at every cut", () => {
  const table: ReadonlyArray<readonly [what: string, bytes: string, messages: ReadonlyArray<Message>]> = [
    ["a text and bytes", "810161 820262ff", ["a", hex("62ff")]],
    ["empty messages", "8100 8200", ["", hex("")]],
    ["a fragmented text", "01026865 00026c6c 80016f", ["hello"]],
    ["fragmented bytes", "020101 000102 800103", [hex("010203")]],
    ["empty fragments around", "0200 000101 0000 8000", [hex("01")]],
    ["an empty fragment, then a whole text", "0100 8002c3a9", ["é"]],
    ["one code point in four fragments", "0101f0 00019f 000198 800180", ["\u{1f600}"]],
    ["a text after an unfinished look of one", "0101e2 00028282 8000 810161", ["₂", "a"]]
  ]
  for (const [what, bytes, messages] of table) {
    it(what, () => {
      replay(hex(bytes), (chunks, how) => assert.deepStrictEqual(assemble(chunks).answers, [...messages], how))
    })
  }

  it("counts bytes, or UTF-16 units of a text", () => {
    assert.deepStrictEqual([hex("c3bc"), "ü"].map(messages.sizeOf), [2, 1])
  })

  it("bytes are a plain array of their own, also when the read is a Node Buffer", () => {
    for (const chunks of [
      [Buffer.from(hex("8203010203"))],
      [Buffer.from(hex("820301")), Buffer.from(hex("0203"))],
      [Buffer.from(hex("02020102 800103"))]
    ]) {
      const [message] = assemble(chunks).answers as [Uint8Array<ArrayBuffer>]
      for (const chunk of chunks) chunk.fill(0xee)
      assert.strictEqual(message.constructor, Uint8Array)
      assert.deepStrictEqual(message, hex("010203"))
      assert.strictEqual(message.buffer.byteLength, 3)
    }
  })

  it(`a message is the same in one frame or in many (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 200; round++) {
      const text = random.chance(2) ? random.text(random.int(300)) : undefined
      const payload = text === undefined ? random.bytes(random.int(3000)) : new Uint8Array(Buffer.from(text))
      const parts = [...random.cut(payload), new Uint8Array(0)]
      const opcode = text === undefined ? 0x2 : 0x1
      const frames = parts.map((part, i) => frame(i === 0 ? opcode : 0x0, part, i === parts.length - 1))
      const { answers } = assemble(random.cut(concat(...frames)))
      assert.deepStrictEqual(answers, [text ?? payload])
    }
  })
})

describe("MessageBytesAssembler: each message with its kind, a text as the bytes that came", () => {
  const each = (wire: string, inflater?: Inflater) => {
    const assembler = messageBytes.make(Platform.pure, Limits.defaults, inflater)
    const decoder = new FrameDecoder({ role: "client", rsv1: true, mask: Platform.pure.mask })
    decoder.push(hex(wire))
    const answers: Array<unknown> = []
    for (let piece = decoder.next(); piece === decoder; piece = decoder.next()) answers.push(assembler.take(decoder))
    return answers.filter((answer) => answer !== undefined)
  }

  it("whole, in fragments, compressed, and broken as it is", () => {
    const inflater = Inflate.inflater({ windowBits: 15, contextTakeover: true })
    assert.deepStrictEqual(each("810161 820262ff 0101c3 8001bc 8101ff c107 f248cdc9c90700", inflater), [
      { kind: "text", bytes: hex("61") },
      { kind: "binary", bytes: hex("62ff") },
      { kind: "text", bytes: hex("c3bc") },
      { kind: "text", bytes: hex("ff") },
      { kind: "text", bytes: hex("48656c6c6f") }
    ])
  })

  it("a frame beyond the limit is MessageTooBig", () => {
    assert.deepStrictEqual(each("817f0000000000100001"), [Limits.tooBig("maxFrameBytes", 0x100000, 0x100001)])
  })

  it("counts its bytes", () => {
    assert.strictEqual(messageBytes.sizeOf({ kind: "text", bytes: hex("c3bc") }), 2)
  })
})

describe("MessageAssembler: a text is UTF-8 at every byte (RFC 6455 §8.1)", () => {
  for (const [what, bytes, provenAt] of [
    ["in the only frame", "8103 61ff61", 4],
    ["in a frame that will be long", "817e1000 61ff", 6],
    ["in the second fragment", "010161 8003 62c041", 7],
    ["an open code point at the end of the only frame", "8102 61c3", 4],
    ["an open code point at the end of the last fragment", "0102 61c3 8000", 6]
  ] as const) {
    it(`${what}: proven after ${provenAt} bytes`, () => {
      replay(hex(bytes), (chunks, how) => assert.deepStrictEqual(assemble(chunks).answers, [InvalidUtf8], how))
      assert.strictEqual(assemble(byteByByte(hex(bytes))).failedAt, provenAt)
    })
  }
})

describe("MessageAssembler: limits", () => {
  const kib = 0x400
  const many = (count: number, length: number) => Array.from({ length: count }, () => length)
  const tooBig = Limits.tooBig
  // limits, the lengths of one message's fragments, what it comes to
  const table: ReadonlyArray<
    readonly [what: string, limits: Partial<Limits.Limits>, lengths: ReadonlyArray<number>, failure?: Failure]
  > = [
    ["a frame as long as it may be", { maxFrameBytes: 300 }, [300]],
    ["a frame longer by one", { maxFrameBytes: 300 }, [301], tooBig("maxFrameBytes", 300, 301)],
    ["a later frame longer by one", { maxFrameBytes: 300 }, [300, 301], tooBig("maxFrameBytes", 300, 301)],
    ["no frame may carry a byte", { maxFrameBytes: 0 }, [0, 0]],
    ["a message as long as it may be", { maxMessageBytes: 300 }, [300]],
    ["in fragments too", { maxMessageBytes: 300 }, [100, 0, 200, 0]],
    ["a message longer by one", { maxMessageBytes: 300 }, [301], tooBig("maxMessageBytes", 300, 301)],
    ["in its last fragment", { maxMessageBytes: 300 }, [100, 200, 1], tooBig("maxMessageBytes", 300, 301)],
    ["the default: 1 MiB", {}, [kib * kib]],
    ["1 MiB and a byte", {}, [kib * kib + 1], tooBig("maxFrameBytes", kib * kib, kib * kib + 1)],
    ["1 MiB and a byte, in fragments", {}, [kib * kib, 1], tooBig("maxMessageBytes", kib * kib, kib * kib + 1)],
    ["1,024 empty fragments", {}, many(1024, 0)],
    ["one more", {}, many(1025, 0), tooBig("maxFragments", 1024, 1025)],
    ["one more, and 16 bytes before it", {}, [16, ...many(1024, 0)]],
    ["one more, and 15 bytes before it", {}, [15, ...many(1024, 0)], tooBig("maxFragments", 1024, 1025)],
    ["fragments of one byte: 16 in 15 count", {}, many(1093, 1), tooBig("maxFragments", 1024, 1093)],
    ["the bytes of a fragment do not count for itself", { maxFragments: 1 }, [0, 16], tooBig("maxFragments", 1, 2)],
    ["65,537 fragments of 64 bytes", { maxMessageBytes: Infinity }, many(65_537, 64)],
    ["no limit at all", { maxMessageBytes: Infinity, maxFrameBytes: Infinity, maxFragments: Infinity }, [2 * kib * kib]]
  ]
  for (const [what, limits, lengths, failure] of table) {
    it(`${what}: ${failure === undefined ? "passes" : "MessageTooBig"}`, () => {
      const { answers } = assemble([fragments(lengths)], limits)
      if (failure !== undefined) return assert.deepStrictEqual(answers, [failure])
      const total = lengths.reduce((sum, length) => sum + length, 0)
      assert.deepStrictEqual(answers, [new Uint8Array(total)])
    })
  }

  it("a size is refused at its header's last byte, before any payload", () => {
    const header = hex("82 7f 0020000000000000")
    assert.strictEqual(assemble(byteByByte(header)).failedAt, header.length)
    const later = concat(fragments([1], true), hex("00 7f 0000000000100000"), new Uint8Array(10))
    assert.strictEqual(assemble(byteByByte(later)).failedAt, 3 + 10)
  })

  it("the count and the bytes start over with each message", () => {
    const assembler = new MessageAssembler(Platform.pure, { maxMessageBytes: 4, maxFrameBytes: 4, maxFragments: 2 })
    const three = concat(fragments([2, 2]), fragments([0, 4]), fragments([4]))
    assert.strictEqual(assemble([three], {}, undefined, assembler).answers.length, 3)
  })
})

describe("MessageAssembler: compressed messages, at every cut (RFC 7692 §7.2.2)", () => {
  const table: ReadonlyArray<readonly [what: string, bytes: string, messages: ReadonlyArray<Message>]> = [
    ["a text and bytes", "c107 f248cdc9c90700 c205 f200110000", ["Hello", hex("48656c6c6f")]],
    ["empty messages", "c10100 c20100", ["", hex("")]],
    [
      "a message that is not, and does not touch the window",
      "c107 f248cdc9c90700 81026869 c105 f200110000",
      ["Hello", "hi", "Hello"]
    ],
    ["fragments, some of them empty", "4100 0003f248cd 0000 0004c9c90700 8000", ["Hello"]],
    ["fragmented bytes", "4203f248cd 8004c9c90700", [hex("48656c6c6f")]],
    ["a code point in two fragments", "4107 000200fdfff09f 8008 000200fdff988000", ["\u{1f600}"]],
    [
      "fragments that are not compressed, after some that are",
      "4103f248cd 8004c9c90700 010168 800169",
      ["Hello", "hi"]
    ],
    ["a last block, then a match behind it", "c110 f348cdc9c90700 f3001100 f200110000", ["HelloHelloHello"]]
  ]
  for (const [what, bytes, messages] of table) {
    it(what, () => {
      replay(hex(bytes), (chunks, how) => assert.deepStrictEqual(assemble(chunks).answers, [...messages], how))
    })
  }
})

describe("MessageAssembler: each piece is inflated as it comes", () => {
  /** Inflates by repeating each byte, and notes the room that it was given. */
  const repeating = (times: number) => {
    const rooms: Array<number> = []
    const inflate: Inflater["inflate"] = (bytes, start, end, _last, room) => {
      rooms.push(room)
      const output = Uint8Array.from({ length: (end - start) * times }, (_, i) => bytes[start + Math.floor(i / times)]!)
      return output.length > room ? "TooBig" : output
    }
    return { rooms, inflater: { inflate, close: () => {} } }
  }

  for (const [what, bytes, provenAt] of [
    ["in the only frame", "c103 61ff61", 4],
    ["in a frame that will be long", "c17e1000 61ff", 6],
    ["in the second fragment", "410161 8003 62c041", 7],
    ["an open code point at the end of the only frame", "c102 61c3", 4],
    ["an open code point at the end of the last fragment", "4102 61c3 8000", 6]
  ] as const) {
    it(`text that is not UTF-8 is found ${what}: proven after ${provenAt} bytes`, () => {
      replay(hex(bytes), (chunks, how) => {
        assert.deepStrictEqual(assemble(chunks, {}, repeating(1).inflater).answers, [InvalidUtf8], how)
      })
      assert.strictEqual(assemble(byteByByte(hex(bytes)), {}, repeating(1).inflater).failedAt, provenAt)
    })
  }

  it("an inflater gets only the room that earlier pieces of the message left", () => {
    const { inflater, rooms } = repeating(10)
    const two = concat(fragments([3, 0, 4], false, true), fragments([1], false, true))
    assert.deepStrictEqual(assemble([two], { maxMessageBytes: 70 }, inflater).answers, [
      new Uint8Array(70),
      new Uint8Array(10)
    ])
    assert.deepStrictEqual(rooms, [70, 40, 40, 70])
  })

  it("a message fails at the piece that inflates beyond the limit, whatever later headers say", () => {
    const tooBig = Limits.tooBig("maxMessageBytes", 70, 71)
    const wire = concat(fragments([3, 5], true, true), hex("80 7f 0000000000100000"))
    const { answers, failedAt } = assemble(byteByByte(wire), { maxMessageBytes: 70 }, repeating(10).inflater)
    assert.deepStrictEqual(answers, [tooBig])
    assert.strictEqual(failedAt, 2 + 3 + 2 + 5)
  })

  it("a message may be longer on the wire than the limit, if it inflates to less", () => {
    const { answers } = assemble([fragments([100], false, true)], { maxMessageBytes: 0 }, repeating(0).inflater)
    assert.deepStrictEqual(answers, [hex("")])
  })

  it("what cannot be inflated is InvalidDeflate", () => {
    const inflater: Inflater = { inflate: () => "Corrupt", close: () => {} }
    assert.deepStrictEqual(assemble([hex("4100")], {}, inflater).answers, [ProtocolViolation.all.InvalidDeflate])
  })

  it("the limit of a frame counts its bytes on the wire", () => {
    const limits = { maxFrameBytes: 5 }
    assert.lengthOf(assemble([fragments([5], false, true)], limits, repeating(10).inflater).answers, 1)
    const { answers, failedAt } = assemble(byteByByte(hex("c206")), limits, repeating(0).inflater)
    assert.deepStrictEqual([answers, failedAt], [[Limits.tooBig("maxFrameBytes", 5, 6)], 2])
  })

  it("the limit of fragments counts bytes on the wire, too, whatever they inflate to", () => {
    const tooMany = [Limits.tooBig("maxFragments", 2, 3)]
    for (const times of [0, 1, 100]) {
      const { inflater } = repeating(times)
      assert.deepStrictEqual(
        assemble([fragments([15, 0, 0], false, true)], { maxFragments: 2 }, inflater).answers,
        tooMany
      )
      const passes = assemble([fragments([16, 0, 0], false, true)], { maxFragments: 2 }, inflater).answers
      assert.deepStrictEqual(passes, [new Uint8Array(16 * times)])
    }
  })

  it("bytes are a plain array of their own, also when the inflater gives the same memory again", () => {
    const scratch = Buffer.alloc(2)
    const inflate = () => scratch.fill(0x01)
    for (const wire of ["c200", "4200 8000"]) {
      const [message] = assemble([hex(wire)], {}, { inflate, close: () => {} }).answers as [Uint8Array]
      scratch.fill(0xee)
      assert.strictEqual(message.constructor, Uint8Array)
      assert.strictEqual(message.buffer.byteLength, message.length)
      assert.isTrue(message.every((byte) => byte === 0x01))
    }
  })
})

describe("MessageAssembler: runs", () => {
  it("takes messages that lie one behind the other where the platform can decode them at once", () => {
    for (const [platform, count] of [
      [Platform.pure, 0],
      [{ ...Platform.pure, decodesRuns: true }, 2]
    ] as const) {
      const assembler = new MessageAssembler(platform, Limits.defaults)
      const decoder = new FrameDecoder({ role: "client", rsv1: false, mask: Platform.pure.mask })
      decoder.push(hex("810161 810162"))
      const into: Array<Message> = []
      assert.strictEqual(assembler.takeRun(decoder, into, { messages: 9, bytes: 9 }), count)
      assert.deepStrictEqual(into, ["a", "b"].slice(0, count))
    }
  })
})
