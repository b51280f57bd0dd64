/** RFC 6455 §5, Data Framing: the bytes of frames, both ways. */
import { assert, describe, it } from "@effect/vitest"
import { type Connection, WebSocket } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { failsWith, settle, start } from "../harness.ts"
import { delivers, fails, hex, masked, type Opening, opened } from "./wire.ts"

const sends = (
  clause: string,
  send: (socket: Connection) => Effect.Effect<unknown, unknown>,
  expected: string,
  opening?: Opening
) =>
  it.effect(clause, () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(opening)
      yield* start(send(socket))
      assert.strictEqual(yield* sent, expected.replaceAll(" ", ""))
    })
  )

const failsOn = (clause: string, frames: string, rule: string, opening?: Opening) =>
  it.effect(`${clause}: ${frames}`, () => fails(frames, rule, 1002, opening))

const deflate = { extensions: "permessage-deflate" }
const key = { maskingKey: 0x37fa213d }

describe("§5.1: a client MUST mask all frames that it sends", () => {
  sends("text", (socket) => socket.send("Hello"), "8185 37fa213d 7f9f4d5158", key)
  sends("binary", (socket) => socket.send(hex("48656c6c6f")), "8285 37fa213d 7f9f4d5158", key)
  sends("an empty message", (socket) => socket.send(""), "8180 37fa213d", key)
  sends("a ping", (socket) => socket.ping(hex("48656c6c6f")), "8985 37fa213d 7f9f4d5158", key)
  sends("a pong", (socket) => socket.pong(hex("48656c6c6f")), "8a85 37fa213d 7f9f4d5158", key)
  sends("a Close", (socket) => socket.close(1000), "8882 37fa213d 3412", key)
  sends("a compressed message", (socket) => socket.send("Hello"), "c187 37fa213d c5b2ecf4fefd21", {
    ...key,
    ...deflate
  })

  it.effect("whether or not it runs over TLS", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const connecting = WebSocket.connect("wss://server.test/").pipe(Effect.provide(network.layer))
      const client = yield* start(connecting)
      const wire = yield* network.accept
      yield* ServerPeer.accept(wire)
      const socket = yield* Fiber.join(client)
      yield* socket.send("Hello")
      assert.match(Buffer.from(yield* wire.take).toString("hex"), /^8185/)
      wire.reset()
    })
  )
})

describe("§5.1: a client MUST close a connection if it detects a masked frame", () => {
  failsOn("text", "8185 37fa213d 7f9f4d5158", "MaskedServerFrame")
  failsOn("an empty ping", "8980 00000000", "MaskedServerFrame")
  failsOn("at the header, before the payload came", "8185", "MaskedServerFrame")
})

describe("§5.2: RSV1, RSV2 and RSV3 MUST be 0 unless an extension defines them", () => {
  for (const first of ["c1", "a1", "91", "f1", "c9", "a8"]) failsOn("none is agreed", `${first}00`, "ReservedBits")
  for (const first of ["a1", "91", "b1", "e1", "d1"]) {
    failsOn("permessage-deflate defines RSV1 alone", `${first}00`, "ReservedBits", deflate)
  }
})

describe("§5.2: if an unknown opcode is received, the endpoint MUST fail the connection", () => {
  for (const opcode of "34567bcdef") failsOn("reserved", `8${opcode}00`, "ReservedOpcode")
})

describe("§5.2: the minimal number of bytes MUST be used to encode the length, the most significant bit MUST be 0", () => {
  for (const [length, header] of [
    [125, "82fd"],
    [126, "82fe007e"],
    [65535, "82feffff"],
    [65536, "82ff0000000000010000"]
  ] as const) {
    sends(`${length} bytes`, (socket) => socket.send(new Uint8Array(length)), `${header}00000000${"00".repeat(length)}`)
    const received = header.replace(/^82f/, "827")
    it.effect(`${length} bytes are received`, () =>
      delivers(received + "07".repeat(length), new Uint8Array(length).fill(7))
    )
  }
  failsOn("not minimal", "827e 0000", "NonMinimalLength")
  failsOn("not minimal", "827e 007d", "NonMinimalLength")
  failsOn("not minimal", "827f 0000000000000000", "NonMinimalLength")
  failsOn("not minimal", "827f 000000000000ffff", "NonMinimalLength")
  failsOn("most significant bit", "827f 8000000000000000", "LengthTopBit")
})

describe("§5.3: the masking key MUST be fresh and unpredictable", () => {
  it.effect("each frame has a key of its own, and the payload shows through no other", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const client = yield* start(WebSocket.connect("ws://server.test/").pipe(Effect.provide(network.layer)))
      const wire = yield* network.accept
      yield* ServerPeer.accept(wire)
      const socket = yield* Fiber.join(client)
      const keys = new Set<number>()
      for (let n = 0; n < 100; n++) {
        yield* socket.send("Hello")
        const frame = Buffer.from(yield* wire.take)
        assert.strictEqual(frame.length, 11)
        keys.add(frame.readUInt32BE(2))
        for (let i = 6; i < 11; i++) frame[i]! ^= frame[2 + ((i - 6) % 4)]!
        assert.strictEqual(frame.toString("latin1", 6), "Hello")
      }
      assert.strictEqual(keys.size, 100)
      wire.reset()
    })
  )

  sends(
    "octet i is XORed with octet i MOD 4 of the key",
    (socket) => socket.send(new Uint8Array(9)),
    "8289 01020304 010203040102030401",
    {
      maskingKey: 0x01020304
    }
  )
})

describe("§5.4: fragmentation", () => {
  it.effect("an endpoint MUST support receiving both fragmented and unfragmented messages", () =>
    Effect.gen(function* () {
      const { says, socket } = yield* opened()
      says("0103 48656c 8002 6c6f 8105 48656c6c6f")
      assert.strictEqual(yield* socket.receive, "Hello")
      assert.strictEqual(yield* socket.receive, "Hello")
    })
  )
  it.effect("all fragments of a message are of the type that the first one's opcode sets", () =>
    delivers("0201 01 0001 02 8001 03", hex("010203"))
  )
  it.effect("fragments may be empty", () => delivers("0100 0003 48656c 0000 0002 6c6f 8000", "Hello"))
  it.effect("a message of empty fragments is an empty message", () => delivers("0200 0000 8000", hex("")))

  it.effect("an endpoint MUST be capable of handling control frames in the middle of a fragmented message", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened()
      says("0103 48656c 8901 70 8a01 71 8002 6c6f")
      assert.strictEqual(yield* socket.receive, "Hello")
      assert.strictEqual(yield* sent, masked("8a", "70"))
    })
  )

  sends(
    "a fragmented message: its opcode on the first frame, FIN on the last, continuation frames in between",
    (socket) => socket.sendFragments("text", Stream.make("Hel", "lo")),
    `${masked("01", "48656c")}${masked("00", "6c6f")}${masked("80")}`
  )
  it.effect("an endpoint that sends fragments handles control frames between them, and may send some", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened()
      const parts = Stream.make("a", "b").pipe(Stream.tap(() => Effect.andThen(socket.pong(), settle)))
      says("8901 70")
      yield* socket.sendFragments("binary", parts)
      const pong = masked("8a")
      const fragments = `${pong}${masked("02", "61")}${pong}${masked("00", "62")}${masked("80")}`
      assert.strictEqual(yield* sent, `${masked("8a", "70")}${fragments}`)
    })
  )
  it.effect("a sender MUST NOT interleave the fragments of one message with another's: a Close ends all", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      const failing = Stream.concat(Stream.make("a"), Stream.fail("broken"))
      const sending = yield* start(Effect.flip(socket.sendFragments("text", failing)))
      yield* start(Effect.exit(socket.send("b")))
      assert.strictEqual(yield* Fiber.join(sending), "broken")
      assert.strictEqual(yield* sent, `${masked("01", "61")}${masked("88", "03f3")}`)
    })
  )

  const interleaved = "the fragments of one message MUST NOT be interleaved with another's"
  for (const frames of ["0103 48656c 8105", "0103 48656c 0105", "0201 01 8101 61", "0100 8200"]) {
    failsOn(interleaved, frames, "ExpectedContinuation")
  }
  for (const frames of ["8000", "0000", "8105 48656c6c6f 8000", "0101 61 8001 62 8001 63"]) {
    it.effect(`a continuation frame continues a message that began: ${frames}`, () =>
      Effect.gen(function* () {
        const { says, socket } = yield* opened()
        says(frames)
        const error = yield* Effect.flip(Effect.forever(socket.receive))
        assert.deepInclude(error, { _tag: "ProtocolViolation", rule: "UnexpectedContinuation" })
      })
    )
  }
  for (const frames of ["0800", "0900", "0a00", "0903 616263"]) {
    failsOn("control frames MUST NOT be fragmented", frames, "FragmentedControlFrame")
  }
})

describe("§5.5: all control frames MUST have a payload length of 125 bytes or less", () => {
  for (const opcode of "89a") failsOn("received", `8${opcode}7e 007e`, "ControlFrameTooLong")
  for (const opcode of "89a") failsOn("received", `8${opcode}7f`, "ControlFrameTooLong")
  it.effect("125 bytes are received", () =>
    Effect.gen(function* () {
      const { says, sent } = yield* opened()
      says(`897d${"70".repeat(125)}`)
      assert.strictEqual(yield* sent, masked("8a", "70".repeat(125)))
    })
  )
  it.effect("126 bytes are not sent", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      const tooLong = { _tag: "InvalidMessage", rule: "ControlPayloadTooLong" }
      yield* failsWith(socket.ping(new Uint8Array(126)), tooLong)
      yield* failsWith(socket.pong(new Uint8Array(126)), tooLong)
      const close = yield* Effect.flip(socket.close(1000, "r".repeat(124)))
      assert.deepInclude(close, { _tag: "InvalidMessage", rule: "CloseReasonTooLong" })
      assert.strictEqual(yield* sent, "")
    })
  )
})

describe("§5.5.1: Close", () => {
  failsOn("the first two bytes of a body MUST be a code", "8801 03", "ClosePayloadOfOneByte")
  sends("ours are, in network byte order", (socket) => socket.close(1001, "bye"), masked("88", "03e9 627965"))
  it.effect("a reason is UTF-8", () => fails("8804 03e8 c328", "InvalidCloseReason", 1007))

  it.effect("the application MUST NOT send any more data frames after sending a Close frame", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      yield* start(socket.close())
      assert.strictEqual(yield* sent, masked("88", "03e8"))
      assert.strictEqual((yield* Effect.flip(socket.send("late")))._tag, "ConnectionClosed")
      assert.strictEqual(yield* sent, "")
    })
  )

  for (const payload of ["", "03e8", "03e9 627965", "0fa0"]) {
    it.effect(`an endpoint that receives a Close and sent none MUST send one in response: "${payload}"`, () =>
      Effect.gen(function* () {
        const { says, sent } = yield* opened()
        says(`88${hex(payload).length.toString(16).padStart(2, "0")}${payload}`)
        assert.strictEqual(yield* sent, masked("88", payload.slice(0, 4)))
      })
    )
  }

  it.effect("after both sending and receiving a Close it MUST close the TCP connection", () =>
    Effect.gen(function* () {
      const { says, sent, socket, wire } = yield* opened()
      const closing = yield* start(socket.close())
      yield* sent
      says("8802 03e8")
      yield* wire.ended
      wire.end()
      assert.deepInclude(yield* Fiber.join(closing), { clean: true, closeCode: 1000 })
      assert.strictEqual(yield* sent, "")
      assert.isTrue(wire.isDestroyed())
    })
  )
})

describe("§5.5.2, §5.5.3: Ping and Pong", () => {
  for (const payload of ["", "48656c6c6f", "00ff"]) {
    it.effect(`a Pong with identical application data MUST answer a Ping: "${payload}"`, () =>
      Effect.gen(function* () {
        const { says, sent } = yield* opened()
        says(`890${payload.length / 2}${payload}`)
        assert.strictEqual(yield* sent, masked("8a", payload))
      })
    )
  }
  it.effect("unless a Close was received", () =>
    Effect.gen(function* () {
      const { says, sent } = yield* opened()
      says("8802 03e8 8901 70")
      assert.strictEqual(yield* sent, masked("88", "03e8"))
    })
  )
  it.effect("an unsolicited Pong is answered by nothing", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened()
      says("8a01 70 8101 61")
      assert.strictEqual(yield* socket.receive, "a")
      assert.strictEqual(yield* sent, "")
    })
  )
})

describe("§5.6: a text message as a whole MUST contain valid UTF-8", () => {
  it.effect("a frame of it may end inside a character", () => delivers("0102 48c3 8001 a9", "Hé"))
  it.effect("in each cut of four bytes", () => delivers("0101 f0 0001 9f 0001 8c 8001 8d", "🌍"))
  it.effect("the message may not", () => fails("8102 48c3", "InvalidUtf8", 1007))
  it.effect("binary is anything", () => delivers("8204 c0ffee80", hex("c0ffee80")))
  it.effect("text that would not be is not sent", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      assert.deepInclude(yield* Effect.flip(socket.send("\ud800")), { _tag: "InvalidMessage", rule: "LoneSurrogate" })
      assert.strictEqual(yield* sent, "")
    })
  )
})

describe("§5.7: the examples", () => {
  it.effect("an unmasked text message", () => delivers("8105 48656c6c6f", "Hello"))
  sends("a masked text message", (socket) => socket.send("Hello"), "8185 37fa213d 7f9f4d5158", key)
  it.effect("a fragmented unmasked text message", () => delivers("0103 48656c 8002 6c6f", "Hello"))
  it.effect("an unmasked Ping and the masked Pong", () =>
    Effect.gen(function* () {
      const { says, sent } = yield* opened(key)
      says("8905 48656c6c6f")
      assert.strictEqual(yield* sent, "8a8537fa213d7f9f4d5158")
    })
  )
  it.effect("256 bytes in a single unmasked frame", () =>
    delivers(`827e 0100 ${"2a".repeat(256)}`, new Uint8Array(256).fill(0x2a))
  )
  it.effect("64 KiB in a single unmasked frame", () =>
    delivers(`827f 0000000000010000 ${"2a".repeat(65536)}`, new Uint8Array(65536).fill(0x2a))
  )
})

describe("§5.8: what an extension may define has no meaning before it is negotiated", () => {
  failsOn("RSV1", "c107 f248cdc9c90700", "ReservedBits")
  it.effect("and has one after", () => delivers("c107 f248cdc9c90700", "Hello", deflate))
})
