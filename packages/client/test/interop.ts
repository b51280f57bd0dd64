/** What a server that is not ours is sent and must send back, and the terms of compression that it is asked for. */
import { assert } from "@effect/vitest"
import type { Connection, Message } from "@effect-websocket/client"
import * as Effect from "effect/Effect"

export const messages: ReadonlyArray<Message> = [
  "hello",
  "Grüße, 世界 🌍",
  "",
  new Uint8Array(0),
  Uint8Array.from({ length: 256 }, (_, i) => i),
  ...[125, 126, 65535, 65536].map((length) => new Uint8Array(length).fill(length)),
  "é".repeat(0x80000),
  new Uint8Array(0x100000).fill(0x2a)
]

export const records = JSON.stringify(
  Array.from({ length: 500 }, (_, id) => ({ id, name: `user ${id % 7}`, ok: id % 2 === 0 }))
)

/** Compressible and not, shorter and longer than each window, and again, so that contexts matter. */
export const repetitive: ReadonlyArray<Message> = [
  "",
  new Uint8Array(0),
  "hello",
  "hello",
  records,
  records.slice(0, 5_000),
  "Grüße, 世界 🌍 ".repeat(2_000),
  new Uint8Array(100_000).map((_, i) => Math.imul(i, 2654435761) >>> 13),
  new Uint8Array(0x100000),
  records
]

export const equal = (a: Message, b: Message): boolean =>
  typeof a === "string" || typeof b === "string" ? a === b : Buffer.compare(a, b) === 0

/** Each message comes back before the next is sent. */
export const comeBack = (socket: Connection, messages: ReadonlyArray<Message>) =>
  Effect.forEach(
    messages,
    (message) =>
      Effect.andThen(
        socket.send(message),
        Effect.map(socket.receive, (echo) => assert.isTrue(equal(message, echo)))
      ),
    { discard: true }
  )

const flags = [false, true]
const bits = [undefined, 9, 12, 15]

/** Parameters of permessage-deflate (RFC 7692 §7.1), each with each. */
export const combinations = (clientBits: ReadonlyArray<number | undefined> = bits) =>
  flags.flatMap((serverNoContextTakeover) =>
    flags.flatMap((clientNoContextTakeover) =>
      bits.flatMap((serverMaxWindowBits) =>
        clientBits.map((clientMaxWindowBits) => ({
          serverNoContextTakeover,
          clientNoContextTakeover,
          ...(serverMaxWindowBits && { serverMaxWindowBits }),
          ...(clientMaxWindowBits && { clientMaxWindowBits })
        }))
      )
    )
  )
