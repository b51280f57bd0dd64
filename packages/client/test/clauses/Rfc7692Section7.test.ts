/** RFC 7692 §7, The "permessage-deflate" Extension. */
import { constants, createInflateRaw, deflateRawSync, inflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions, Message } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { accepts, delivers, dialled, fails, head, hex, opened } from "./wire.ts"

type Compression = Exclude<ConnectOptions["compression"], false | undefined>

const deflate = { extensions: "permessage-deflate" }
const offering = (offer: NonNullable<Compression["offers"]>[number]): ConnectOptions => ({
  compression: { offers: [offer] }
})

describe("§7.1: a client MUST fail the connection when the response", () => {
  const rows: ReadonlyArray<readonly [condition: string, parameters: string, check: string]> = [
    ["has a parameter that is not defined", "unknown", "ExtensionParameterUnknown"],
    ["has a parameter that is not defined", "window_bits=10", "ExtensionParameterUnknown"],
    ["has a parameter with an invalid value", "server_no_context_takeover=1", "ExtensionParameterValue"],
    ["has a parameter with an invalid value", "client_no_context_takeover=true", "ExtensionParameterValue"],
    ["has a parameter with an invalid value", "server_max_window_bits", "ExtensionParameterValue"],
    ["has a parameter with an invalid value", "client_max_window_bits", "ExtensionParameterValue"],
    ...["7", "16", "0", "08", "015", "-9", "1e1", "10.0", "x", '"16"'].flatMap((value) =>
      ["server_max_window_bits", "client_max_window_bits"].map(
        (name) => ["has a parameter with an invalid value", `${name}=${value}`, "ExtensionParameterValue"] as const
      )
    ),
    ["has a parameter twice", "server_no_context_takeover; server_no_context_takeover", "ExtensionParameterRepeated"],
    ["has a parameter twice", "server_max_window_bits=10; server_max_window_bits=10", "ExtensionParameterRepeated"]
  ]
  for (const [condition, parameters, check] of rows) {
    it.effect(`${condition}: ${parameters}`, () => refused(parameters, check))
  }
})

describe("§7.1.1.1: a server that was asked for no context takeover MUST NOT answer without it", () => {
  it.effect("a client fails the connection when it does", () =>
    refused("client_no_context_takeover", "ExtensionParameterNotOffered", offering({ serverNoContextTakeover: true }))
  )
})

describe("§7.1.1.2: after client_no_context_takeover the client MUST NOT use context takeover", () => {
  const told: ReadonlyArray<readonly [how: string, extensions: string, client?: ConnectOptions]> = [
    ["the server said so", "permessage-deflate; client_no_context_takeover"],
    ["the client offered it", "permessage-deflate", offering({ clientNoContextTakeover: true })]
  ]
  for (const [how, extensions, client] of told) {
    it.effect(how, () =>
      Effect.gen(function* () {
        const { sent, socket } = yield* opened({ extensions, ...(client && { client }) })
        const message = "abcdefgh".repeat(256)
        for (let n = 0; n < 3; n++) {
          yield* socket.send(message)
          assert.strictEqual(`${inflated(payloadOf(yield* sent))}`, message)
        }
      })
    )
  }

  it.effect("without it the client may: the same message again is smaller", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      yield* socket.send("Hello")
      const first = payloadOf(yield* sent)
      yield* socket.send("Hello")
      const second = payloadOf(yield* sent)
      assert.isBelow(second.length, first.length)
      assert.strictEqual(`${inflated(Buffer.concat([first, tail, second]))}`, "HelloHello")
    })
  )
})

describe("§7.1.2.1: server_max_window_bits", () => {
  const offer = offering({ serverMaxWindowBits: 10 })
  it.effect("the answer MUST have the same value or a smaller one: a larger one fails", () =>
    refused("server_max_window_bits=11", "ExtensionParameterNotOffered", offer)
  )
  it.effect("the answer MUST have it: none fails", () => refused("", "ExtensionParameterNotOffered", offer))
  for (const bits of [8, 9, 10]) {
    it.effect(`${bits} is taken`, () =>
      delivers("c107 f248cdc9c90700", "Hello", {
        client: offer,
        extensions: `permessage-deflate; server_max_window_bits=${bits}`
      })
    )
  }
  it.effect("a server may say it unasked", () =>
    delivers("c107 f248cdc9c90700", "Hello", { extensions: "permessage-deflate; server_max_window_bits=9" })
  )
})

describe("§7.1.2.2: client_max_window_bits", () => {
  it.effect("the answer MUST NOT have it when the offer has not", () =>
    refused("client_max_window_bits=10", "ExtensionParameterNotOffered", offering({}))
  )
  for (const bits of [8, 9, 12, 15]) {
    it.effect(`the client MUST NOT use a window larger than 2^${bits}`, () =>
      Effect.gen(function* () {
        const { sent, socket } = yield* opened({
          extensions: `permessage-deflate; client_max_window_bits=${bits}`
        })
        // The same bytes twice, too far apart for the window.
        const far = noise(2 ** bits + 300)
        yield* socket.send(far)
        const first = payloadOf(yield* sent)
        yield* socket.send(far)
        const both = Buffer.concat([first, tail, payloadOf(yield* sent), tail])
        assert.isTrue((yield* inflatedWithin(bits, both)).equals(Buffer.concat([far, far])))
      })
    )
  }
})

describe("§7.2.1: compression", () => {
  it.effect("the empty block's octets 00 00 FF FF MUST be removed from the tail, and only there", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened(deflate)
      for (const message of ["Hello", "a".repeat(70_000), "{}", " "]) {
        yield* socket.send(message)
        assert.isFalse(
          payloadOf(yield* sent)
            .subarray(-4)
            .equals(tail)
        )
      }
    })
  )
})

describe("§7.2.2, §7.2.3: decompression, by the examples", () => {
  const rows: ReadonlyArray<readonly [example: string, frames: string, messages: ReadonlyArray<Message>]> = [
    ["§7.2.3.1: one block", "c107 f248cdc9c90700", ["Hello"]],
    ["§7.2.3.1: in two fragments", "4103 f248cd 8004 c9c90700", ["Hello"]],
    ["§7.2.3.2: the sliding window is shared", "c107 f248cdc9c90700 c105 f200110000", ["Hello", "Hello"]],
    ["§7.2.3.2: or is not used", "c107 f248cdc9c90700 c107 f248cdc9c90700", ["Hello", "Hello"]],
    ["§7.2.3.3: a block without compression", "c10b 000500faff48656c6c6f00", ["Hello"]],
    ["§7.2.3.4: a block with BFINAL set", "c108 f348cdc9c9070000", ["Hello"]],
    ["§7.2.3.4: and a message after it", "c108 f348cdc9c9070000 c107 f248cdc9c90700", ["Hello", "Hello"]],
    ["§7.2.3.5: two blocks in one message", "c10d f248050000 00ffffcac9c90700", ["Hello"]],
    ["§7.2.3.6: an empty message", "c101 00", [""]],
    ["an empty message in fragments", "4100 8001 00", [""]]
  ]
  for (const [example, frames, messages] of rows) {
    it.effect(example, () =>
      Effect.gen(function* () {
        const { says, socket } = yield* opened(deflate)
        says(frames)
        for (const message of messages) assert.deepStrictEqual(yield* socket.receive, message)
      })
    )
  }

  it.effect("all types of blocks MUST be inflated: stored, fixed, dynamic", () =>
    Effect.gen(function* () {
      const text = "the quick brown fox jumps over the lazy dog ".repeat(50)
      for (const options of [{ level: 0 }, { strategy: constants.Z_FIXED }, { level: 9 }]) {
        const data = deflateRawSync(text, { ...options, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
        const { socket, wire } = yield* opened(deflate)
        const length = data.length.toString(16).padStart(4, "0")
        wire.send(Buffer.concat([hex(data.length < 126 ? `c1${length.slice(2)}` : `c17e${length}`), data]))
        assert.strictEqual(yield* socket.receive, text)
      }
    })
  )

  for (const frames of ["c101 07", "c102 06ff", "c105 f200110000", "c106 000500fbff48"]) {
    it.effect(`data that cannot be inflated fails the connection: ${frames}`, () =>
      fails(frames, "InvalidDeflate", 1007, deflate)
    )
  }

  it.effect("without the server's context, nothing before a message may be referred to", () =>
    Effect.gen(function* () {
      const { says, socket } = yield* opened({ extensions: "permessage-deflate; server_no_context_takeover" })
      says("c107 f248cdc9c90700")
      assert.strictEqual(yield* socket.receive, "Hello")
      says("c105 f200110000")
      assert.deepInclude(yield* Effect.flip(socket.receive), { _tag: "ProtocolViolation", rule: "InvalidDeflate" })
    })
  )
})

/** An answer with these parameters fails this check. */
const refused = Effect.fnUntraced(function* (parameters: string, check: string, options?: ConnectOptions) {
  const { connecting, wire } = yield* dialled(options)
  const header = parameters === "" ? "permessage-deflate" : `permessage-deflate; ${parameters}`
  wire.send(head([...accepts, `Sec-WebSocket-Extensions: ${header}`]))
  const { reason } = yield* Effect.flip(Fiber.join(connecting))
  assert.deepInclude(reason, { _tag: "HandshakeInvalid", check })
})

const tail = Buffer.from("0000ffff", "hex")

/** The payload of one compressed frame of the client's, whose masking key is zero. */
const payloadOf = (frame: string): Buffer => {
  const bytes = Buffer.from(frame, "hex")
  assert.include([0xc1, 0xc2], bytes[0])
  const length7 = bytes[1]! & 0x7f
  return bytes.subarray(length7 === 127 ? 14 : length7 === 126 ? 8 : 6)
}

const inflated = (data: Uint8Array): Buffer =>
  inflateRawSync(Buffer.concat([data, tail]), { finishFlush: constants.Z_SYNC_FLUSH })

/** By an inflater that refuses a distance beyond its window, and the little output that it has at hand. */
const inflatedWithin = (windowBits: number, data: Uint8Array): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    const pieces: Array<Buffer> = []
    const inflater = createInflateRaw({ windowBits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH })
    inflater.on("data", (piece) => pieces.push(piece))
    inflater.on("error", (error) => resume(Effect.die(error)))
    inflater.on("end", () => resume(Effect.succeed(Buffer.concat(pieces))))
    inflater.end(data)
  })

/** Bytes that hold no repetition. */
const noise = (length: number): Uint8Array => {
  let state = 1
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223
    return state >>> 24
  })
}
