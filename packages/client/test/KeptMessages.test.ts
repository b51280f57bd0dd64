/**
 * What a program keeps stays as it came, although the memory of the read that brought it is read into again: over the
 * in-memory network, which overwrites each chunk that is given back.
 */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions, Delivery, TextAs } from "@effect-websocket/client"
import { Opcode } from "@effect-websocket/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Random, seed } from "../../core/test/random.ts"
import { bytes, connected, frame, start } from "./harness.ts"

/** Reads with frames of messages, whole and in fragments, short and long, alone and many alike, with pings between them. */
const conversation = (random: Random): ReadonlyArray<Uint8Array> =>
  Array.from({ length: 40 }, () => {
    const kind = random.chance(2) ? Opcode.binary : Opcode.text
    const length = random.pick(lengths)
    const read = Buffer.concat(Array.from({ length: random.pick([1, 1, 12]) }, () => message(random, kind, length)))
    return random.chance(2) ? [read] : random.cut(read)
  }).flat()

const message = (random: Random, kind: Opcode.Opcode, length: number): Uint8Array => {
  const whole = kind === Opcode.text ? text(length) : random.bytes(length)
  const fragments = random.chance(3) ? random.cut(whole) : [whole]
  const frames = fragments.flatMap((fragment, i) => {
    const ping = random.chance(5) ? [frame(Opcode.ping, random.bytes(random.int(126)))] : []
    return [frame(i === 0 ? kind : Opcode.continuation, fragment, i === fragments.length - 1), ...ping]
  })
  return Buffer.concat(frames)
}

const text = (length: number): Uint8Array => bytes("\u20ac".repeat(length / 3) + "a".repeat(length % 3))

const lengths = [0, 1, 64, 65, 125, 126, 1000, 1024, 4096, 0x4000, 0x9000, 0x12000]

const told = `SEED=${seed}`

describe("what a program keeps", () => {
  const both: ReadonlyArray<TextAs> = ["string", "bytes"]
  const deliveries: ReadonlyArray<Delivery> = ["messages", "fragments", "frames"]
  for (const delivery of deliveries) {
    for (const text of both) {
      it.effect(`${delivery}, a text as ${text} (${told})`, () =>
        Effect.gen(function* () {
          const random = new Random()
          for (let times = 0; times < 5; times++) yield* keep(random, delivery, text)
        })
      )
    }
  }
})

const keep = Effect.fnUntraced(function* (random: Random, delivery: Delivery, text: TextAs) {
  // With little room, reading stops in the middle of a read.
  const limits = { inboxMessages: random.pick([4, 1000]), maxFragments: "unlimited" }
  const { socket, wire } = yield* connected({ delivery, text, limits } as ConnectOptions)
  const kept: Array<unknown> = []
  const asItCame: Array<unknown> = []
  const consuming = yield* start(
    Stream.runForEachArray(socket.messages, (messages) =>
      Effect.sync(() => {
        kept.push(...messages)
        asItCame.push(...structuredClone(messages))
      })
    )
  )
  const pings: Array<Uint8Array> = []
  const pingsAsTheyCame: Array<Uint8Array> = []
  const watching = yield* start(
    Stream.runForEach(socket.pings, (ping) =>
      Effect.sync(() => {
        pings.push(ping)
        pingsAsTheyCame.push(ping.slice())
      })
    )
  )
  for (const read of conversation(random)) wire.send(read)
  wire.send(frame(Opcode.close, Uint8Array.of(0x03, 0xe8)))
  wire.end()
  yield* Fiber.join(consuming)
  yield* Fiber.join(watching)
  assert.isAbove(kept.length, 40)
  assert.deepStrictEqual(kept, asItCame)
  assert.deepStrictEqual(pings, pingsAsTheyCame)
})
