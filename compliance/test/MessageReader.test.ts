import { assert, describe, it } from "@effect/vitest"
import { hex } from "../casebook/Frame.ts"
import { FrameReader } from "../casebook/FrameReader.ts"
import { MessageReader } from "../casebook/MessageReader.ts"

/** Everything that these octets are to the judge, in the words of the rows below. */
const read = async (octets: Buffer, cut: number, compressed: boolean): Promise<ReadonlyArray<string>> => {
  const frames = new FrameReader()
  const messages = new MessageReader(compressed ? { answer: "permessage-deflate" } : undefined)
  const found: Array<string> = []
  for (const chunk of [octets.subarray(0, cut), octets.subarray(cut)]) {
    for (const frame of frames.push(chunk)) {
      const received = await messages.read(frame)
      if (received?.kind === "close") found.push(`close ${received.closeCode ?? "without code"}`)
      else if (received?.kind === "violation") found.push(`${received.closeCode} ${received.rule}`)
      else if (received) found.push(`${received.kind} ${received.payload.toString("latin1")}`)
    }
  }
  messages.destroy()
  return found
}

/** RFC 6455 §5.7 has the first two; the masking key is its, too, or zeros where the payload is to be readable. */
const rows: ReadonlyArray<readonly [does: string, octets: string, found: ReadonlyArray<string>, compressed?: true]> = [
  ["a masked text", "81 85 37fa213d 7f9f4d5158", ["text Hello"]],
  ["a masked Pong", "8a 85 37fa213d 7f9f4d5158", ["pong Hello"]],
  ["an empty binary", "82 80 00000000", ["binary "]],
  ["a Ping", "89 81 00000000 61", ["ping a"]],
  ["a text in fragments around a Ping", "01 81 00000000 61 89 80 00000000 80 81 00000000 62", ["ping ", "text ab"]],
  ["a length of 16 bits", `82 fe 007e 00000000 ${"61".repeat(126)}`, [`binary ${"a".repeat(126)}`]],
  ["a Close with a code", "88 82 00000000 03e8", ["close 1000"]],
  ["a Close without a code", "88 80 00000000", ["close without code"]],
  ["an unmasked frame", "81 01 61", ["1002 frame not masked"]],
  [
    "a length of 16 bits where 7 are enough",
    "81 fe 0001 00000000 61",
    ["1002 length not written in the fewest octets"]
  ],
  [
    "a length of 64 bits where 7 are enough",
    "81 ff 0000000000000001 00000000 61",
    ["1002 length not written in the fewest octets"]
  ],
  ["RSV1", "c1 81 00000000 61", ["1002 RSV1 set"]],
  ["RSV1 on a Ping, compression agreed", "c9 80 00000000", ["1002 RSV1 set"], true],
  ["RSV1 on a continuation, compression agreed", "41 80 00000000 c0 80 00000000", ["1002 RSV1 set"], true],
  ["RSV2", "a1 81 00000000 61", ["1002 RSV2 or RSV3 set"]],
  ["RSV3", "91 81 00000000 61", ["1002 RSV2 or RSV3 set"]],
  ["opcode 3", "83 80 00000000", ["1002 reserved opcode 3"]],
  ["opcode 11", "8b 80 00000000", ["1002 reserved opcode 11"]],
  ["a fragmented Ping", "09 80 00000000", ["1002 fragmented control frame"]],
  ["a Ping of 126 octets", `89 fe 007e 00000000 ${"61".repeat(126)}`, ["1002 control frame longer than 125 octets"]],
  ["a continuation of nothing", "80 80 00000000", ["1002 continuation of nothing"]],
  ["a message inside a message", "01 80 00000000 82 80 00000000", ["1002 new message inside a fragmented message"]],
  ["text that is not UTF-8", "81 81 00000000 ff", ["1007 text is not UTF-8"]],
  ["a Close of one octet", "88 81 00000000 03", ["1002 Close with one octet"]],
  ["Close(1005)", "88 82 00000000 03ed", ["1002 close code 1005"]],
  ["Close(999)", "88 82 00000000 03e7", ["1002 close code 999"]],
  ["Close(1014)", "88 82 00000000 03f6", ["close 1014"]],
  ["Close(2000)", "88 82 00000000 07d0", ["1002 close code 2000"]],
  ["a reason that is not UTF-8", "88 83 00000000 03e8ff", ["1007 close reason is not UTF-8"]],
  ["a compressed text", "c1 87 00000000 f248cdc9c90700", ["text Hello"], true],
  [
    "a match in the message before",
    "c1 87 00000000 f248cdc9c90700 c1 85 00000000 f200110000",
    ["text Hello", "text Hello"],
    true
  ],
  ["a match before everything", "c1 85 00000000 f200110000", ["1007 invalid distance too far back"], true],
  ["an uncompressed text, compression agreed", "81 81 00000000 61", ["text a"], true]
]

describe("FrameReader and MessageReader", () => {
  for (const [does, octets, found, compressed = false] of rows) {
    it(`reads ${does}, at every cut`, async () => {
      const bytes = hex(octets)
      for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(await read(bytes, cut, compressed), found)
    })
  }

  it("stops at a frame that no case asks for", () => {
    const frames = new FrameReader()
    assert.deepEqual(frames.push(hex("82 ff 0000001000000000 00000000")), [])
    assert.isTrue(frames.oversized)
  })
})
