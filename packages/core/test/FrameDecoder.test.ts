import { assert, describe, it } from "@effect/vitest"
import * as FrameDecoder from "../src/FrameDecoder.ts"
import * as FrameEncoder from "../src/FrameEncoder.ts"
import * as Masking from "../src/Masking.ts"
import { needMore } from "../src/NeedMore.ts"
import { concat, hex } from "./hex.ts"
import { Random, seed } from "./random.ts"
import { byteByByte, replay } from "./replay.ts"
import { brokenHeaders, brokenPayloads, framesOf, legal, opcodeName } from "./vectors.ts"

const make = (role: "client" | "server", rsv1 = false) =>
  new FrameDecoder.FrameDecoder({ role, rsv1, mask: Masking.mask })

describe("FrameDecoder: what is legal, at every cut", () => {
  for (const { bytes, clause, frames, places, reader } of legal) {
    it(`RFC 6455 ${clause}`, () => {
      replay(
        bytes,
        (chunks, how) => {
          const seen = framesOf(make(reader), chunks)
          assert.deepStrictEqual(seen, { frames: [...frames], rule: undefined, provenAt: undefined }, how)
        },
        places
      )
    })
  }

  it("RFC 7692 §6: RSV1 on the first frame of a message, when an extension gave it a meaning", () => {
    const frames = ["rsv1 text 61", "fin continuation 62", "fin rsv1 binary 63"]
    replay(hex("410161 800162 c20163"), (chunks, how) => {
      assert.deepStrictEqual(framesOf(make("client", true), chunks).frames, frames, how)
    })
    assert.strictEqual(framesOf(make("client", true), [hex("410161 c00162")]).rule, "ReservedBits")
    assert.strictEqual(framesOf(make("client", true), [hex("c90161")]).rule, "ReservedBits")
  })
})

describe("FrameDecoder: frames that are taken by other means", () => {
  it("only where a message may begin, of a peer that does not mask", () => {
    const decoder = make("client")
    assert.isFalse(decoder.mayBeginMessage, "nothing has come")
    decoder.push(hex("0101"))
    assert.isTrue(decoder.mayBeginMessage)
    assert.strictEqual(decoder.next(), decoder)
    assert.isFalse(decoder.mayBeginMessage, "within a frame")
    decoder.push(hex("61 80"))
    assert.strictEqual(decoder.next(), decoder)
    assert.isFalse(decoder.mayBeginMessage, "within a message")
    assert.strictEqual(decoder.next(), needMore)
    assert.isFalse(decoder.mayBeginMessage, "within a header")
    decoder.push(hex("00 8900 82"))
    assert.strictEqual(decoder.next(), decoder)
    assert.isFalse(decoder.mayBeginMessage, "a control frame")
    assert.strictEqual(decoder.next(), decoder)
    assert.isTrue(decoder.mayBeginMessage)
    const server = make("server")
    server.push(hex("81"))
    assert.isFalse(server.mayBeginMessage)
  })

  it("it goes on behind them, and counts them", () => {
    const decoder = make("client")
    decoder.push(hex("810161 810162 810163"))
    decoder.skip(6, 2)
    assert.strictEqual(decoder.next(), decoder)
    assert.deepStrictEqual(decoder.bytes.slice(decoder.start, decoder.end), hex("63"))
    assert.strictEqual(decoder.frames, 3)
  })
})

describe("FrameDecoder: a broken rule, at the byte that proves it", () => {
  for (const { bytes, clause, frames, provenAt, reader, rule } of brokenHeaders) {
    it(`RFC 6455 ${clause}: ${rule} after ${provenAt} bytes`, () => {
      replay(bytes, (chunks, how) => {
        const seen = framesOf(make(reader), chunks)
        assert.deepStrictEqual(seen.frames, frames, how)
        assert.strictEqual(seen.rule, rule, how)
      })
      assert.strictEqual(framesOf(make(reader), byteByByte(bytes)).provenAt, provenAt)
    })
  }

  for (const { bytes, clause, provenAt, reader } of brokenPayloads) {
    it(`RFC 6455 ${clause}: payloads are not its business`, () => {
      replay(bytes.slice(0, provenAt), (chunks) => assert.isUndefined(framesOf(make(reader), chunks).rule))
    })
  }
})

describe("FrameDecoder: the cursor", () => {
  it("a header's piece comes before its payload, so that limits are checked first", () => {
    const decoder = make("client")
    decoder.push(hex("82 7e 0100"))
    assert.strictEqual(decoder.next(), decoder)
    const { end, first, last, remaining, start } = decoder
    assert.deepStrictEqual(
      { size: end - start, first, last, remaining },
      { size: 0, first: true, last: false, remaining: 256 }
    )
    assert.strictEqual(decoder.next(), needMore)
    assert.strictEqual(decoder.next(), needMore)
    decoder.push(new Uint8Array(255))
    assert.strictEqual(decoder.next(), decoder)
    assert.deepStrictEqual([decoder.first, decoder.last, decoder.remaining], [false, false, 1])
  })

  it("pieces are views of the read, nothing is copied", () => {
    const decoder = make("client")
    const read = hex("820361 6263")
    decoder.push(read)
    decoder.next()
    assert.strictEqual(decoder.bytes, read)
    assert.deepStrictEqual([decoder.start, decoder.end], [2, 5])
  })

  it("NeedMore may be asked for again, inside a header too", () => {
    const decoder = make("client")
    for (const read of ["", "82", "7e", "00"]) {
      decoder.push(hex(read))
      assert.strictEqual(decoder.next(), needMore)
      assert.strictEqual(decoder.next(), needMore)
    }
    decoder.push(hex("7e"))
    assert.strictEqual(decoder.next(), decoder)
    assert.strictEqual(decoder.header.payloadLength, 126)
  })

  for (const role of ["client", "server"] as const) {
    it(`shorten gives a piece in parts, to a ${role} too`, () => {
      const payload = hex("00112233445566778899aabbccddeeff")
      const maskingKey = role === "server" ? 0x01020304 : undefined
      for (const length of [1, 2, 3, 4, 5, 16, 17]) {
        const decoder = make(role)
        const seen: Array<number> = []
        decoder.push(FrameEncoder.encode({ opcode: 0x2, payload, maskingKey }, Masking.mask))
        while (decoder.next() === decoder) {
          decoder.shorten(length)
          assert.strictEqual(decoder.end - decoder.start, Math.min(length, payload.length - seen.length))
          seen.push(...decoder.bytes.subarray(decoder.start, decoder.end))
          assert.deepStrictEqual([decoder.remaining, decoder.last], [16 - seen.length, seen.length === 16])
        }
        assert.deepStrictEqual(Uint8Array.from(seen), payload)
      }
    })
  }

  it("release lets go of the read", () => {
    const decoder = make("client")
    decoder.push(hex("820161"))
    decoder.next()
    decoder.release()
    assert.deepStrictEqual([decoder.bytes.length, decoder.start, decoder.end], [0, 0, 0])
    assert.strictEqual(decoder.next(), needMore)
  })

  it(`gives the frames that were encoded, whatever their sizes and however they are cut (seed ${seed})`, () => {
    const random = new Random()
    for (let round = 0; round < 150; round++) {
      const role = random.pick(["client", "server"] as const)
      const expected: Array<string> = []
      const encoded = Array.from({ length: 1 + random.int(12) }, () => {
        const payload = random.bytes(random.pick([0, 1, 5, 125, 126, 127, 4000, 65535, 65536]))
        const opcode = payload.length > 125 ? 0x2 : random.pick([0x1, 0x2, 0x9, 0xa] as const)
        expected.push(`fin ${opcodeName[opcode]} ${Buffer.from(payload).toString("hex")}`)
        const maskingKey = role === "server" ? random.uint32() : undefined
        return FrameEncoder.encode({ opcode, payload, maskingKey }, Masking.mask)
      })
      const seen = framesOf(make(role), random.cut(concat(...encoded)))
      assert.deepStrictEqual(seen.frames, expected)
    }
  })
})
