/**
 * What every inflater must do with the messages of permessage-deflate (RFC 7692 §7.2.2), as tests: for the plain one of
 * core, and for those of platforms. Each message comes whole, byte by byte, and cut at every place.
 */
import { assert, describe, it } from "@effect/vitest"
import type * as Compression from "../src/Compression.ts"
import { Bits, deflate, samples, ways } from "./deflate.ts"
import { concat, hex, toHex } from "./hex.ts"
import { corrupt, fixedA, goldens, hello } from "./inflaterTables.ts"
import { Random, seed } from "./random.ts"
import { replay } from "./replay.ts"

type Make = (options: Compression.InflaterOptions) => Compression.Inflater

/** The message that these pieces become, at most `most` bytes. The inflater sees each piece inside of its read. */
export const inflateAll = (inflater: Compression.Inflater, pieces: ReadonlyArray<Uint8Array>, most = 1_000_000) => {
  const outputs: Array<Uint8Array> = []
  let room = most
  for (const [i, piece] of pieces.entries()) {
    const read = concat(hex("eeee"), piece, hex("ee"))
    const output = inflater.inflate(read, 2, 2 + piece.length, i === pieces.length - 1, room)
    if (typeof output === "string") return output
    assert.isAtMost(output.length, room)
    room -= output.length
    outputs.push(output.slice())
  }
  return concat(...outputs)
}

const asMessage = (compressed: string | Uint8Array) => (typeof compressed === "string" ? hex(compressed) : compressed)

const shown = (output: Uint8Array | string) => (typeof output === "string" ? output : toHex(output))

export const inflaterCases = (make: Make) => {
  const plain = (options: Partial<Compression.InflaterOptions> = {}) =>
    make({ windowBits: 15, contextTakeover: true, ...options })

  describe("messages, at every cut", () => {
    for (const [what, messages, options] of goldens) {
      it(what, () => {
        for (const [cut, [compressed]] of messages.entries()) {
          replay(asMessage(compressed), (pieces, how) => {
            const inflater = plain(options)
            for (const [i, [compressed, inflated = "Corrupt"]] of messages.entries()) {
              const output = inflateAll(inflater, i === cut ? pieces : [asMessage(compressed)])
              assert.strictEqual(shown(output), inflated, `message ${i}, ${how}`)
            }
            inflater.close()
          })
        }
      })
    }
  })

  describe("what is not DEFLATE is corrupt, at every cut", () => {
    for (const [what, message] of corrupt) {
      it(what, () => {
        replay(asMessage(message), (pieces, how) => {
          if (pieces.length > 0) assert.strictEqual(shown(inflateAll(plain(), pieces)), "Corrupt", how)
        })
      })
    }

    for (const [what, data] of Object.entries(samples(new Random(7), 300))) {
      it(`${what}, cut off anywhere`, () => {
        for (const options of ways.filter(({ memLevel }) => memLevel === undefined)) {
          // One block, then the header of the one that the tail ends.
          const message = deflate(data, options)
          assert.deepStrictEqual(inflateAll(plain(), [message]), data)
          // The first octet of a stored block is an empty message (RFC 7692 §7.2.3.6).
          for (let length = message[0] === 0 ? 2 : 0; length < message.length; length++) {
            assert.strictEqual(shown(inflateAll(plain(), [message.subarray(0, length)])), "Corrupt", `${length}`)
          }
        }
      })
    }
  })

  describe("the window", () => {
    for (const windowBits of [8, 9, 10, 11, 12, 13, 14, 15]) {
      const size = 1 << windowBits
      const before = new Random(windowBits).bytes(size + 10)
      const match = (distance: number) => new Bits().block(1).match(distance).fixed(256).message()
      const [first, second] = [before.subarray(0, size - 5), before.subarray(size - 5)]
      const stored = (bytes: Uint8Array) => new Bits().stored(bytes).message()

      it(`${windowBits} bits: a match reaches to its first byte, and no further`, () => {
        const inflater = plain({ windowBits })
        inflateAll(inflater, [stored(first)])
        inflateAll(inflater, [stored(second)])
        assert.deepStrictEqual(inflateAll(inflater, [match(size)]), before.subarray(10, 13))
        assert.deepStrictEqual(inflateAll(inflater, [match(size)]), before.subarray(13, 16))
        if (windowBits < 15) assert.strictEqual(inflateAll(inflater, [match(size + 1)]), "Corrupt")
        inflater.close()
      })

      it(`${windowBits} bits: also across last blocks`, () => {
        const message = concat(new Bits().stored(first, true).take(), new Bits().stored(second, true).take())
        for (const contextTakeover of [true, false]) {
          for (const distance of windowBits < 15 ? [size, size + 1] : [size]) {
            const inflater = plain({ windowBits, contextTakeover })
            const expected = distance === size ? toHex(concat(before, before.subarray(10, 13))) : "Corrupt"
            assert.strictEqual(shown(inflateAll(inflater, [message, match(distance)])), expected)
            inflater.close()
          }
        }
      })
    }
  })

  describe("never more than there is room for", () => {
    for (const [what, data] of Object.entries(samples(new Random(8), 150_000))) {
      it(`${what}: exactly as much, one byte less, none`, () => {
        const random = new Random()
        const message = deflate(data, { level: 6 })
        const inflate = (pieces: ReadonlyArray<Uint8Array>, room: number) => {
          const inflater = plain()
          const output = inflateAll(inflater, pieces, room)
          inflater.close()
          return output
        }
        for (const pieces of [[message], random.cut(message)]) {
          const output = inflate(pieces, data.length)
          assert.isTrue(output instanceof Uint8Array && Buffer.from(data).equals(output))
          for (const room of [data.length - 1, 0xffff, 0x10000, 1, 0]) {
            assert.strictEqual(inflate(pieces, room), "TooBig", `${room}`)
          }
        }
      })
    }

    it("no room is enough for nothing", () => {
      for (const empty of ["00", "0200", "01", "000000ffff00"]) {
        assert.strictEqual(shown(inflateAll(plain(), [hex(empty)], 0)), "")
      }
    })

    it("a stored block, a literal, a match: each is too big by one", () => {
      for (const [length, message] of [
        [5, hex("000500faff48656c6c6f00")],
        [1, fixedA().fixed(256).message()],
        [4, fixedA().match(1).fixed(256).message()]
      ] as const) {
        assert.strictEqual(inflateAll(plain(), [message], length).length, length)
        assert.strictEqual(inflateAll(plain(), [message], length - 1), "TooBig")
      }
    })
  })

  it("a failure forgets everything", () => {
    for (const [bad, room] of [
      ["0600", 100],
      ["f248cdc9c90700", 4]
    ] as const) {
      const inflater = plain()
      inflateAll(inflater, [hex("f248cdc9c90700")])
      assert.isString(inflateAll(inflater, [hex(bad)], room))
      assert.strictEqual(inflateAll(inflater, [hex("f200110000")]), "Corrupt")
    }
  })

  it("close forgets, also in the middle of a message, and may come twice", () => {
    const inflater = plain()
    inflater.close()
    inflateAll(inflater, [hex("f248cdc9c90700")])
    inflater.inflate(hex("000500"), 0, 3, false, 100)
    inflater.close()
    inflater.close()
    assert.strictEqual(shown(inflateAll(inflater, [hex("f248cdc9c90700")])), hello)
    inflater.close()
    assert.strictEqual(inflateAll(inflater, [hex("f200110000")]), "Corrupt")
  })

  for (const contextTakeover of [true, false]) {
    it(`inflates what zlib deflates, ${contextTakeover ? "with" : "without"} takeover (seed ${seed})`, () => {
      const random = new Random()
      for (const windowBits of [8, 9, 12, 15]) {
        const inflater = plain({ windowBits, contextTakeover })
        let before = new Uint8Array(0)
        for (const length of [300, 0, 70_000, 1, 20_000]) {
          for (const [what, data] of Object.entries(samples(random, length))) {
            const dictionary = contextTakeover && before.length > 0 ? { dictionary: before } : {}
            const options = { ...random.pick(ways), ...dictionary, windowBits: Math.max(9, windowBits) }
            const output = inflateAll(inflater, random.cut(deflate(data, options)))
            assert.isTrue(output instanceof Uint8Array && Buffer.from(data).equals(output), `${what} ${length}`)
            before = concat(before, data).slice(-(1 << windowBits))
          }
        }
        inflater.close()
      }
    })
  }
}
