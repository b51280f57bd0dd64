import { queryObjects } from "node:v8"
import { assert, describe, it } from "@effect/vitest"
import { Endpoint, type Options } from "../src/Endpoint.ts"
import { type Fragment, fragments } from "../src/FragmentAssembler.ts"
import { type Frame, frames as wholeFrames } from "../src/FrameAssembler.ts"
import * as InvalidMessage from "../src/InvalidMessage.ts"
import * as Limits from "../src/Limits.ts"
import * as Masking from "../src/Masking.ts"
import type { Message } from "../src/MessageAssembler.ts"
import * as Platform from "../src/Platform.ts"
import * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { zlibDeflater } from "./deflate.ts"
import { endpointCompression } from "./endpointCompression.ts"
import { endpointPairs } from "./endpointPairs.ts"
import { concat, hex, toHex } from "./hex.ts"
import { byteByByte, replay } from "./replay.ts"
import { brokenHeaders, brokenPayloads, eventsOf, legal } from "./vectors.ts"

const make = (options: Partial<Options> = {}) =>
  new Endpoint({ role: "client", platform: Platform.pure, limits: Limits.defaults, maskingKey: () => 0, ...options })

const all = () => ({ messages: Infinity, bytes: Infinity })

/** Feeds a read and takes all that it gives. */
const receive = (endpoint: Endpoint, bytes: string | Uint8Array) => {
  const messages: Array<Message> = []
  endpoint.receive(typeof bytes === "string" ? hex(bytes) : bytes)
  assert.isTrue(endpoint.read(messages, all()))
  return messages
}

/** The frames that wait to be written, in hex: a client's, with a masking key of zeros. */
const written = (endpoint: Endpoint) => toHex(concat(...endpoint.output.take()))
const frames = (text: string) => toHex(hex(text))

describe("Endpoint: the wire literals, at every cut", () => {
  for (const { bytes, clause, events, places, reader } of legal) {
    it(`RFC 6455 ${clause}`, () => {
      replay(
        bytes,
        (chunks, how) => assert.deepStrictEqual(eventsOf(make({ role: reader }), chunks), [...events], how),
        places
      )
    })
  }

  for (const { bytes, clause, events, provenAt, reader, rule } of [...brokenHeaders, ...brokenPayloads]) {
    it(`RFC 6455 ${clause}: ${rule} after ${provenAt} bytes, and silence from there on`, () => {
      replay(bytes, (chunks, how) => {
        const endpoint = make({ role: reader })
        assert.deepStrictEqual(eventsOf(endpoint, chunks), [...events], how)
        assert.strictEqual(endpoint.state, "Failing")
      })
      const endpoint = make({ role: reader })
      const failedAt = byteByByte(bytes).findIndex((byte) => {
        receive(endpoint, byte)
        return endpoint.failure !== undefined
      })
      assert.strictEqual(failedAt + 1, provenAt)
    })
  }
})

describe("Endpoint: reading", () => {
  it("counts pieces of data: a header, payload, a continuation, and no control frame", () => {
    const endpoint = make()
    const seen = ["8a0161", "0102", "61", "62", "8900", "8000"].map((bytes) => {
      receive(endpoint, bytes)
      return endpoint.dataPieces
    })
    assert.deepStrictEqual(seen, [0, 1, 2, 3, 3, 4])
  })

  it("short messages that lie one behind the other come as one run, and are counted like others", () => {
    const endpoint = make({ platform: { ...Platform.pure, decodesRuns: true } })
    assert.deepStrictEqual(receive(endpoint, "810161 810162 8900 810163"), ["a", "b", "c"])
    assert.deepInclude(endpoint.received, { messages: 3, frames: 4 })
    assert.strictEqual(endpoint.dataPieces, 3)
  })

  it("says of each read whether messages that it gave are views of it", () => {
    const endpoint = make({ platform: { ...Platform.pure, decodesRuns: true } })
    const kept = [`827e0400${"61".repeat(0x400)}`, "820161"].map((bytes) => {
      receive(endpoint, bytes)
      return endpoint.keepsRead
    })
    assert.deepStrictEqual(kept, [true, false])
  })

  it("counts messages and frames both ways: fragments are one message, control frames none", () => {
    const endpoint = make()
    receive(endpoint, "0101 61 8900 8001 62 810163")
    assert.deepInclude(endpoint.received, { messages: 2, frames: 4 })
    endpoint.send("x")
    endpoint.send(hex("01"))
    endpoint.close(1000, "")
    // The pong, two messages and the Close.
    assert.deepInclude(endpoint.sent, { messages: 2, frames: 4 })
    assert.deepInclude(endpoint.sent, { compressedBytes: 0, plainBytes: 0 })
  })

  it("counts a compressed message once, however many pieces its frame is inflated in", () => {
    const agreed = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15
    }
    const compression = { agreed, level: 6, memoryLevel: 8, threshold: 0 }
    const sender = make({ role: "server", compression })
    sender.send(new Uint8Array(5000))
    const receiver = new Endpoint<Fragment>({
      role: "client",
      platform: Platform.pure,
      limits: Limits.defaults,
      maskingKey: () => 0,
      compression,
      assembly: fragments
    })
    const into: Array<Fragment> = []
    receiver.receive(concat(...sender.output.take()))
    assert.isTrue(receiver.read(into, all()))
    assert.deepInclude(receiver.received, { messages: 1, frames: 1 })
  })

  it("stops when the room for messages is used up, and loses nothing", () => {
    const endpoint = make()
    const into: Array<Message> = []
    endpoint.receive(hex("810161 820162 8100 810163"))
    const room = { messages: 2, bytes: 100 }
    assert.isFalse(endpoint.read(into, room))
    assert.deepStrictEqual(room, { messages: 0, bytes: 98 })
    assert.isFalse(endpoint.read(into, room))
    assert.isFalse(endpoint.read(into, { messages: 1, bytes: 0 }))
    assert.deepStrictEqual(into, ["a", hex("62")])
    assert.isTrue(endpoint.read(into, all()))
    assert.deepStrictEqual(into, ["a", hex("62"), "", "c"])
  })

  it("the message that passes the room for bytes is still given: bytes of binary, UTF-16 units of text", () => {
    const endpoint = make()
    const into: Array<Message> = []
    endpoint.receive(hex("8204f09f9880 82020102 810161"))
    const room = { messages: 10, bytes: 5 }
    assert.isFalse(endpoint.read(into, room))
    assert.deepStrictEqual(room, { messages: 8, bytes: -1 })
  })

  it("the control frames behind the last message that fits wait with it", () => {
    const endpoint = make()
    endpoint.receive(hex("810161 8900 8800"))
    assert.isFalse(endpoint.read([], { messages: 1, bytes: 10 }))
    assert.deepStrictEqual([endpoint.controls.length, endpoint.state], [0, "Open"])
    assert.isTrue(endpoint.read([], { messages: 1, bytes: 10 }))
    assert.deepStrictEqual([endpoint.controls.length, endpoint.state], [1, "Closed"])
  })

  it("gives what its assembly makes, control frames among it, and counts as that does", () => {
    const endpoint = new Endpoint({
      role: "client",
      platform: Platform.pure,
      limits: Limits.defaults,
      maskingKey: () => 0,
      assembly: wholeFrames
    })
    const into: Array<Frame> = []
    endpoint.receive(hex("0102c3bc 890161 8000 880203e8 8100"))
    const room = { messages: 10, bytes: 10 }
    assert.isTrue(endpoint.read(into, room))
    assert.deepStrictEqual(room, { messages: 6, bytes: 5 })
    assert.deepStrictEqual(
      into.map(({ opcode }) => opcode),
      ["text", "ping", "continuation", "close"]
    )
    assert.strictEqual(endpoint.sizeOf(into[0]!), 2)
    assert.strictEqual(endpoint.state, "Closed")
  })

  it("discard checks and counts messages, and handles what is between them", () => {
    const endpoint = make()
    endpoint.receive(hex("810161 8900 010162 800163"))
    endpoint.discard()
    assert.strictEqual(endpoint.discarded, 2)
    assert.strictEqual(written(endpoint), frames("8a80 00000000"))
    endpoint.receive(hex("8101ff 810161"))
    endpoint.discard()
    assert.strictEqual(endpoint.discarded, 2)
    assert.strictEqual(endpoint.failure, ProtocolViolation.all.InvalidUtf8)
  })

  it("a binary message does not pin the read that brought it", () => {
    const [message] = receive(make(), new Uint8Array(Buffer.concat([hex("820102"), Buffer.alloc(60_000)])))
    assert.strictEqual((message as Uint8Array).buffer.byteLength, 1)
  })

  it("an unlimited endpoint stops at what the platform can hold", () => {
    const endpoint = make({
      platform: { ...Platform.pure, maxMessageBytes: 10 },
      limits: { maxMessageBytes: Infinity, maxFrameBytes: Infinity, maxFragments: Infinity }
    })
    assert.deepStrictEqual(receive(endpoint, "820a 00000000000000000000"), [new Uint8Array(10)])
    receive(endpoint, "820b")
    assert.deepStrictEqual(endpoint.failure, Limits.tooBig("maxMessageBytes", 10, 11))
    endpoint.fail()
    assert.strictEqual(written(endpoint), frames("8882 00000000 03f1"))
  })
})

describe("Endpoint: pings and pongs (RFC 6455 §5.5.2, §5.5.3)", () => {
  it("each ping has its pong with the same payload, in order; a pong has no answer", () => {
    const endpoint = make()
    receive(endpoint, "890101 8900 8a00 890203 04 8a0105")
    assert.strictEqual(written(endpoint), frames("8a81 00000000 01  8a80 00000000  8a82 00000000 0304"))
  })

  it("while the writer is blocked only the newest pong is kept", () => {
    const endpoint = make()
    endpoint.blocked = true
    receive(endpoint, "890101 890102 890103")
    assert.isTrue(endpoint.blocked)
    assert.strictEqual(written(endpoint), "")
    endpoint.blocked = false
    assert.strictEqual(written(endpoint), frames("8a81 00000000 03"))
    endpoint.blocked = true
    endpoint.blocked = false
    assert.strictEqual(written(endpoint), "")
    assert.strictEqual(endpoint.controls.length, 3)
  })

  it("no pong after our Close, neither for a ping that comes then nor for one that waits", () => {
    const endpoint = make()
    endpoint.blocked = true
    receive(endpoint, "8900")
    endpoint.close(1000, "")
    receive(endpoint, "8900")
    endpoint.blocked = false
    assert.strictEqual(written(endpoint), frames("8882 00000000 03e8"))
  })

  it("a pong that waits leaves before the Close of a violation", () => {
    const endpoint = make()
    endpoint.blocked = true
    receive(endpoint, "8900 83")
    endpoint.blocked = false
    endpoint.fail()
    assert.strictEqual(written(endpoint), frames("8a80 00000000 8882 00000000 03ea"))
  })

  it("the program's own pings and pongs", () => {
    const endpoint = make()
    endpoint.ping(hex("01"))
    endpoint.pong(hex(""))
    assert.strictEqual(written(endpoint), frames("8981 00000000 01 8a80 00000000"))
  })
})

describe("Endpoint: sending", () => {
  it("a client masks each frame with a fresh key, a server masks none (RFC 6455 §5.1, §5.3)", () => {
    let key = 0
    const client = make({ maskingKey: () => ++key })
    client.send("Hello")
    client.send(hex("01"))
    const expected = hex("8185 00000001 48656c6c6f 8281 00000002 01")
    Masking.reference(1, expected, 6, 11)
    Masking.reference(2, expected, 17, 18)
    assert.strictEqual(written(client), toHex(expected))

    const server = make({ role: "server" })
    server.send("Hello")
    assert.strictEqual(written(server), frames("810548656c6c6f"))
  })

  it("a message in fragments, cut or bit by bit, with a ping in between", () => {
    const endpoint = make({ role: "server" })
    const split = endpoint.split("abc", 2)
    assert.isFalse(split.next())
    endpoint.ping(hex(""))
    assert.isTrue(split.next())
    assert.strictEqual(written(endpoint), frames("01026162 8900 800163"))
    const streamed = endpoint.begin("binary")
    streamed.send(hex("61"), false)
    endpoint.close(1000, "")
    streamed.send(hex("62"), true)
    assert.strictEqual(written(endpoint), frames("020161 880203e8"))
  })

  it("invalid says what may not be sent as what", () => {
    const endpoint = make()
    const invalid = endpoint.invalid.bind(endpoint)
    const legal = [invalid("a"), invalid("a", "binary"), invalid(hex("ff")), invalid(hex("c3a9"), "text")]
    assert.deepStrictEqual(legal, [undefined, undefined, undefined, undefined])
    const { LoneSurrogate, NotAMessage, NotUtf8 } = InvalidMessage.all
    assert.strictEqual(invalid("\ud800", "binary"), LoneSurrogate)
    assert.strictEqual(invalid(1 as never, "text"), NotAMessage)
    assert.strictEqual(invalid(hex("ff"), "text"), NotUtf8)
    assert.strictEqual(invalid(hex("c3"), "text"), NotUtf8)
  })

  it("nothing follows our Close (RFC 6455 §5.5.1)", () => {
    const endpoint = make()
    endpoint.close(1000, "bye")
    assert.strictEqual(written(endpoint), frames("8885 00000000 03e8 627965"))
    endpoint.send("a")
    endpoint.send(hex("01"))
    endpoint.ping(hex(""))
    endpoint.pong(hex(""))
    endpoint.close(1001, "")
    assert.strictEqual(written(endpoint), "")
    assert.deepStrictEqual(endpoint.closeSent, { closeCode: 1000, closeReason: "bye" })
  })

  it("between a violation and its Close the answer to an earlier message still leaves", () => {
    const endpoint = make()
    assert.deepStrictEqual(receive(endpoint, "810161 83"), ["a"])
    endpoint.send("b")
    endpoint.fail()
    endpoint.send("c")
    assert.strictEqual(written(endpoint), frames("8181 00000000 62 8882 00000000 03ea"))
    assert.deepStrictEqual(endpoint.closeSent, { closeCode: 1002, closeReason: "" })
  })
})

describe("Endpoint: closing (RFC 6455 §5.5.1, §7.1)", () => {
  for (const [what, close, answer] of [
    ["a code and a reason", "88 05 0fa1 627965", "8882 00000000 0fa1"],
    ["a code", "88 02 03e8", "8882 00000000 03e8"],
    ["nothing", "88 00", "8880 00000000"]
  ] as const) {
    it(`a Close with ${what} is answered with the code that came`, () => {
      const endpoint = make()
      receive(endpoint, close)
      assert.strictEqual(written(endpoint), frames(answer))
      assert.strictEqual(endpoint.state, "Closed")
      assert.strictEqual(endpoint.closeSent?.closeCode, endpoint.closeReceived?.closeCode)
      assert.strictEqual(endpoint.closeSent?.closeReason, "")
    })
  }

  it("what comes after the peer's Close is ignored (RFC 6455 §1.4)", () => {
    const endpoint = make()
    assert.deepStrictEqual(receive(endpoint, "810161 8800 810162 83"), ["a"])
    assert.deepStrictEqual(receive(endpoint, "810163 8900"), [])
    assert.strictEqual(endpoint.failure, undefined)
    assert.strictEqual(endpoint.controls.length, 0)
  })

  it("after our Close messages are still read, until the peer's Close", () => {
    const endpoint = make()
    endpoint.close(undefined, "")
    assert.strictEqual(written(endpoint), frames("8880 00000000"))
    assert.deepStrictEqual(receive(endpoint, "810161 880203e8"), ["a"])
    assert.strictEqual(endpoint.state, "Closed")
    assert.strictEqual(written(endpoint), "")
  })

  it("a violation after our Close is remembered, though no second Close can say it", () => {
    const endpoint = make()
    endpoint.close(1000, "")
    written(endpoint)
    receive(endpoint, "83")
    endpoint.fail()
    assert.strictEqual(endpoint.state, "Failed")
    assert.strictEqual(endpoint.failure, ProtocolViolation.all.ReservedOpcode)
    assert.strictEqual(written(endpoint), "")
  })

  it("close while a violation waits sends the violation's code", () => {
    const endpoint = make()
    receive(endpoint, "8101ff")
    assert.isUndefined(endpoint.close(1000, "done"))
    assert.strictEqual(written(endpoint), frames("8882 00000000 03ef"))
  })

  it("what a program must not send does not close, in any state", () => {
    const endpoint = make()
    assert.strictEqual(endpoint.close(1005, ""), InvalidMessage.all.ReservedCloseCode)
    assert.strictEqual(endpoint.close(undefined, "bye"), InvalidMessage.all.CloseReasonWithoutCode)
    assert.deepStrictEqual([endpoint.state, written(endpoint)], ["Open", ""])
    endpoint.close(1000, "")
    assert.strictEqual(endpoint.close(1006, ""), InvalidMessage.all.ReservedCloseCode)
  })

  it("the end of the stream inside a frame loses the connection, and what follows means nothing", () => {
    const endpoint = make()
    receive(endpoint, "810561")
    endpoint.receiveEnd()
    assert.deepStrictEqual(receive(endpoint, "62636465"), [])
    assert.strictEqual(endpoint.state, "Lost")
  })

  it("what there was no room for before the end is not given after it", () => {
    for (const decodesRuns of [true, false]) {
      const endpoint = make({ platform: { ...Platform.pure, decodesRuns } })
      const into: Array<Message> = []
      endpoint.receive(hex("810161 810162"))
      assert.isFalse(endpoint.read(into, { messages: 1, bytes: 10 }))
      endpoint.receiveEnd()
      assert.isTrue(endpoint.read(into, all()))
      assert.deepStrictEqual(into, ["a"])
    }
  })

  it("release is the end of the stream, too: what comes after it in the middle of a message means nothing", () => {
    for (const before of ["010161", "810561", "8105", ""]) {
      const endpoint = make()
      receive(endpoint, before)
      endpoint.release()
      assert.deepStrictEqual(receive(endpoint, "800162 8103636465"), [], before)
      assert.strictEqual(endpoint.state, "Lost", before)
      endpoint.close(1000, "")
      assert.strictEqual(written(endpoint), "", before)
    }
  })

  it("once the stream is gone it holds neither what came of a message nor what frames were written to", () => {
    class Memory extends Uint8Array {}
    const count = () => queryObjects(Memory, { format: "count" })
    const endpoint = make({ platform: { ...Platform.pure, allocate: (length) => new Memory(length) } })
    receive(endpoint, "020161 007f 0001 0000 0000 0000 62")
    endpoint.send("sent")
    assert.isAtLeast(count(), 2)
    endpoint.release()
    assert.strictEqual(count(), 0)
    assert.strictEqual(endpoint.sizeOf("a late look"), 11)
  })
})

describe("Endpoint: permessage-deflate (RFC 7692)", () => {
  endpointCompression({ ...Platform.pure, deflater: zlibDeflater })
  endpointPairs({ ...Platform.pure, deflater: zlibDeflater })

  it("a platform that brings no compressor stores (RFC 7692 §7.2.3.3)", () => {
    const agreed = {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15
    }
    const compression = { agreed, level: 6, memoryLevel: 8, threshold: 1 }
    const server = make({ role: "server", compression })
    server.send("Hello")
    server.send(hex("01"))
    const wire = frames("c10b 000500faff48656c6c6f00 c207 000100feff0100")
    assert.strictEqual(written(server), wire)
    assert.deepStrictEqual(receive(make({ compression }), wire), ["Hello", hex("01")])
  })
})
