/**
 * Two endpoints that agreed on permessage-deflate, on all terms that there are, exchange random messages, as tests: with
 * core's plain forms and with those of platforms.
 */
import { assert, describe, it } from "@effect/vitest"
import { Endpoint } from "../src/Endpoint.ts"
import * as Limits from "../src/Limits.ts"
import type { Message } from "../src/MessageAssembler.ts"
import type { Platform } from "../src/Platform.ts"
import { concat } from "./hex.ts"
import { Random, seed } from "./random.ts"

export const endpointPairs = (platform: Platform) => {
  describe("pairs", () => {
    // Each direction has its own window, so every size of each is enough.
    const terms = [8, 9, 10, 11, 12, 13, 14, 15].flatMap((bits) =>
      [false, true].flatMap((serverNoContextTakeover) =>
        [false, true].map((clientNoContextTakeover) => ({
          serverMaxWindowBits: bits,
          clientMaxWindowBits: 23 - bits,
          serverNoContextTakeover,
          clientNoContextTakeover
        }))
      )
    )
    for (const agreed of terms) {
      it(`${JSON.stringify(agreed)} (seed ${seed})`, () => {
        const random = new Random()
        const make = (role: "client" | "server") =>
          new Endpoint({
            role,
            platform,
            limits: Limits.defaults,
            maskingKey: () => random.uint32(),
            compression: { agreed, level: 1 + random.int(9), memoryLevel: 1 + random.int(9), threshold: random.int(20) }
          })
        const [client, server] = [make("client"), make("server")]
        for (const [from, to] of [
          [client, server],
          [server, client],
          [client, server]
        ] as const) {
          const messages = Array.from({ length: 12 }, () => anyMessage(random))
          for (const message of messages) {
            if (random.chance(4)) from.ping(random.bytes(random.int(125)))
            from.send(message, !random.chance(4))
          }
          const seen: Array<Message> = []
          for (const chunk of random.cut(concat(...from.output.take()))) {
            to.receive(chunk)
            assert.isTrue(to.read(seen, { messages: Infinity, bytes: Infinity }))
          }
          assert.strictEqual(to.failure, undefined)
          assert.deepStrictEqual(seen, messages)
        }
        for (const endpoint of [client, server]) endpoint.receiveEnd()
      })
    }
  })
}

/** Text or bytes, which compress well or not. */
const anyMessage = (random: Random): Message => {
  const length = random.int(random.pick([2, 30, 1000, 5000]))
  return random.pick([
    () => random.text(length >> 2),
    () => "The quick brown fox. ".repeat(length >> 4),
    () => random.bytes(length),
    () => new Uint8Array(length * 20)
  ])()
}
