import { assert, describe, it } from "@effect/vitest"
import * as FrameHeader from "../src/FrameHeader.ts"
import { needMore } from "../src/NeedMore.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { concat, hex, toHex } from "./hex.ts"

const client: FrameHeader.Expected = { role: "client", rsv1: false, fragmented: false }
const server: FrameHeader.Expected = { ...client, role: "server" }

/** The bytes from `end` on have not come yet, whatever they are. */
const decode = (bytes: Uint8Array, expected: FrameHeader.Expected, end = bytes.length) =>
  FrameHeader.decode(FrameHeader.make(), bytes, 0, end, expected)

/** The broken rule's name, "NeedMore", or "header". */
const verdict = (bytes: Uint8Array, expected: FrameHeader.Expected) => {
  const answer = decode(bytes, expected)
  return "_tag" in answer ? (answer === needMore ? "NeedMore" : (answer as { rule: string }).rule) : "header"
}

describe("FrameHeader.decode: the first byte (RFC 6455 §5.2, §5.4, §5.5)", () => {
  /** The rules in words, most telling bit first. */
  const expectedVerdict = (byte: number, { fragmented, rsv1 }: FrameHeader.Expected) => {
    const opcode = byte % 16
    const startsMessage = opcode >= 1 && opcode <= 7
    const rsv = Math.floor(byte / 16) % 8
    if (rsv !== 0 && !(rsv === 4 && rsv1 && startsMessage)) return "ReservedBits"
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return "ReservedOpcode"
    if (opcode >= 8) return byte < 0x80 ? "FragmentedControlFrame" : "NeedMore"
    if (opcode === 0 && !fragmented) return "UnexpectedContinuation"
    if (opcode !== 0 && fragmented) return "ExpectedContinuation"
    return "NeedMore"
  }

  for (const role of ["client", "server"] as const) {
    for (const rsv1 of [false, true]) {
      for (const fragmented of [false, true]) {
        it(`all 256, read by a ${role}, ${rsv1 ? "with" : "without"} an extension, ${fragmented ? "inside" : "outside"} a message`, () => {
          const expected = { role, rsv1, fragmented }
          for (let byte = 0; byte < 0x100; byte++) {
            assert.strictEqual(verdict(Uint8Array.of(byte), expected), expectedVerdict(byte, expected), `${byte}`)
          }
        })
      }
    }
  }

  it("its bits", () => {
    const bits = (first: string, expected: FrameHeader.Expected) => {
      const { fin, opcode, rsv1 } = decode(hex(`${first} 00`), expected) as FrameHeader.FrameHeader
      return { fin, opcode, rsv1 }
    }
    assert.deepStrictEqual(bits("81", client), { fin: true, rsv1: false, opcode: 0x1 })
    assert.deepStrictEqual(bits("02", client), { fin: false, rsv1: false, opcode: 0x2 })
    assert.deepStrictEqual(bits("c1", { ...client, rsv1: true }), { fin: true, rsv1: true, opcode: 0x1 })
    assert.deepStrictEqual(bits("80", { ...client, fragmented: true }), { fin: true, rsv1: false, opcode: 0x0 })
    assert.deepStrictEqual(bits("8a", { ...client, fragmented: true }), { fin: true, rsv1: false, opcode: 0xa })
  })
})

describe("FrameHeader.decode: the second byte (RFC 6455 §5.1, §5.2, §5.5)", () => {
  for (const [role, expected] of [
    ["client", client],
    ["server", server]
  ] as const) {
    for (const [kind, first] of [
      ["data", 0x82],
      ["control", 0x89]
    ] as const) {
      it(`all 256 of a ${kind} frame, read by a ${role}`, () => {
        for (let second = 0; second < 0x100; second++) {
          const masked = second >= 0x80
          const length = second % 0x80
          const expectedVerdict =
            masked && role === "client"
              ? "MaskedServerFrame"
              : !masked && role === "server"
                ? "UnmaskedClientFrame"
                : kind === "control" && length > 125
                  ? "ControlFrameTooLong"
                  : masked || length > 125
                    ? "NeedMore"
                    : "header"
          assert.strictEqual(verdict(Uint8Array.of(first, second), expected), expectedVerdict, `${second}`)
        }
      })
    }
  }
})

describe("FrameHeader: payload lengths (RFC 6455 §5.2)", () => {
  const lengths: ReadonlyArray<readonly [payloadLength: number, unmasked: string]> = [
    [0, "82 00"],
    [1, "82 01"],
    [125, "82 7d"],
    [126, "82 7e 007e"],
    [127, "82 7e 007f"],
    [0xff, "82 7e 00ff"],
    [0x100, "82 7e 0100"],
    [0xffff, "82 7e ffff"],
    [0x10000, "82 7f 0000000000010000"],
    [0x7fffffff, "82 7f 000000007fffffff"],
    [0x80000000, "82 7f 0000000080000000"],
    [0xffffffff, "82 7f 00000000ffffffff"],
    [2 ** 32, "82 7f 0000000100000000"],
    [2 ** 32 + 0x10000, "82 7f 0000000100010000"],
    [Number.MAX_SAFE_INTEGER, "82 7f 001fffffffffffff"],
    [2 ** 53, "82 7f 0020000000000000"]
  ]
  for (const [payloadLength, unmasked] of lengths) {
    const plain = hex(unmasked)
    const masked = concat(plain, hex("ff000180"))
    masked[1]! |= 0x80

    for (const [role, bytes, expected, maskingKey] of [
      ["unmasked", plain, client, undefined],
      ["masked", masked, server, 0xff000180]
    ] as const) {
      it(`${payloadLength}, ${role}: ${toHex(bytes)}, and NeedMore for all that is shorter`, () => {
        for (let end = 0; end < bytes.length; end++) {
          assert.strictEqual(decode(bytes, expected, end), needMore, `${end} bytes`)
        }
        assert.deepStrictEqual(decode(bytes, expected), {
          fin: true,
          rsv1: false,
          opcode: 0x2,
          payloadLength,
          maskingKey: maskingKey ?? 0,
          byteLength: bytes.length
        })
        assert.strictEqual(FrameHeader.encodedLength(payloadLength, maskingKey !== undefined), bytes.length)
        const target = new Uint8Array(3 + FrameHeader.maxByteLength)
        const end = FrameHeader.encode(target, 3, true, false, 0x2, payloadLength, maskingKey)
        assert.strictEqual(toHex(target.subarray(3, end)), toHex(bytes))
      })
    }
  }

  it("beyond 2^53 the number is near, and above every limit", () => {
    const header = decode(hex("82 7f 7fffffffffffffff"), client) as FrameHeader.FrameHeader
    assert.strictEqual(header.payloadLength, 2 ** 63)
  })

  // A rule is proven by the last byte of the row, and by none before it.
  const violations: ReadonlyArray<readonly [ProtocolViolation.Rule, proof: string]> = [
    ["NonMinimalLength", "82 7e 0000"],
    ["NonMinimalLength", "82 7e 007d"],
    ["NonMinimalLength", "82 7f 000000000000"],
    ["LengthTopBit", "82 7f 80"],
    ["LengthTopBit", "82 7f ff"]
  ]
  for (const [rule, proof] of violations) {
    for (const [role, expected] of [
      ["client", client],
      ["server", server]
    ] as const) {
      it(`${rule} is proven by ${proof}, read by a ${role}`, () => {
        const bytes = hex(proof)
        if (role === "server") bytes[1]! |= 0x80
        for (let end = 0; end < bytes.length; end++) {
          assert.strictEqual(decode(bytes, expected, end), needMore, `${end} bytes`)
        }
        assert.strictEqual(decode(bytes, expected), ProtocolViolation.all[rule])
      })
    }
  }
})

describe("FrameHeader: where it stands", () => {
  it("decode reads between start and end, encode writes at an offset and no further", () => {
    const bytes = hex("ffff 897d ffff")
    const header = FrameHeader.decode(FrameHeader.make(), bytes, 2, 4, client) as FrameHeader.FrameHeader
    assert.deepStrictEqual([header.payloadLength, header.byteLength], [125, 2])
    assert.strictEqual(FrameHeader.decode(header, bytes, 2, 3, client), needMore)

    const target = hex("ffff ffff ffff")
    assert.strictEqual(FrameHeader.encode(target, 2, false, true, 0x1, 5, undefined), 4)
    assert.strictEqual(toHex(target), toHex(hex("ffff 4105 ffff")))
  })

  it("decode fills the same header again, and leaves nothing of the frame before", () => {
    const header = FrameHeader.make()
    const masked = hex("01 85 37fa213d")
    assert.strictEqual(FrameHeader.decode(header, masked, 0, 6, server), header)
    FrameHeader.decode(header, hex("8a00"), 0, 2, client)
    assert.deepStrictEqual(header, {
      fin: true,
      rsv1: false,
      opcode: 0xa,
      payloadLength: 0,
      maskingKey: 0,
      byteLength: 2
    })
  })
})
