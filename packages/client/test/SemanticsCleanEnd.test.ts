/** Design §6, "Clean end": every code from either side, and every other way to end; who learns what. */
import { assert, describe, it } from "@effect/vitest"
import type { CloseInfo, ConnectOptions } from "@effect-websocket/client"
import type { ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type Connected, connected, failsWith, start, text, violation } from "./harness.ts"

/** How the connection ended, how a stream of messages and a receive saw it, and the record. */
const endings = Effect.fnUntraced(function* (
  end: (all: Connected) => Effect.Effect<unknown, unknown>,
  options: ConnectOptions = {},
  server: ServerPeer.AcceptOptions = {}
) {
  const all = yield* connected({ keepAlive: false, ...options }, server)
  const { socket } = all
  const streaming = yield* start(Effect.exit(Stream.runDrain(socket.messages)))
  yield* Effect.orDie(end(all))
  const stream = yield* Fiber.join(streaming)
  const record = yield* socket.closed
  const receive = yield* Effect.flip(socket.receive)
  const send = yield* Effect.flip(socket.send("x"))
  return { stream, receive, send, record }
})

const theyClose = (closeCode?: number) => (all: Connected) =>
  Effect.gen(function* () {
    yield* all.server.close(closeCode, closeCode === undefined ? "" : "why")
    yield* all.server.end
  })

const weClose = (closeCode: number) => (all: Connected) =>
  Effect.gen(function* () {
    const closing = yield* start(all.socket.close(closeCode, "why"))
    yield* all.server.next
    yield* all.server.end
    yield* Fiber.join(closing)
  })

describe("Clean end", () => {
  const codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000, 4999]
  const ordinary = new Set([undefined, 1000, 1001])

  for (const closeCode of [undefined, ...codes]) {
    const ends = ordinary.has(closeCode)
    it.effect(
      `the peer closes with ${closeCode ?? "no code"}: the stream ${ends ? "ends" : "fails"}, receive and send fail`,
      () =>
        Effect.gen(function* () {
          const { receive, record, send, stream } = yield* endings(theyClose(closeCode))
          assert.strictEqual(Exit.isSuccess(stream), ends)
          const frame = closeCode === undefined ? { closeReason: "" } : { closeCode, closeReason: "why" }
          const told = {
            closeCode: closeCode ?? 1005,
            closeReason: frame.closeReason,
            by: "peer",
            received: frame
          } as const
          for (const error of [receive, send]) {
            assert.deepInclude({ ...(error as object) }, { _tag: "ConnectionClosed", ...told })
            assert.notProperty(error, "cause")
          }
          const sent = closeCode === undefined ? { closeReason: "" } : { closeCode, closeReason: "" }
          assert.deepStrictEqual(record, { ...told, sent, clean: true, discarded: 0 } satisfies CloseInfo)
        })
    )
  }

  for (const closeCode of codes) {
    it.effect(`we close with ${closeCode}: the stream ends, receive and send fail`, () =>
      Effect.gen(function* () {
        const { receive, record, send, stream } = yield* endings(weClose(closeCode))
        assert.isTrue(Exit.isSuccess(stream))
        for (const error of [receive, send]) {
          assert.deepInclude({ ...(error as object) }, { _tag: "ConnectionClosed", closeCode, by: "us" })
        }
        assert.deepStrictEqual(record, {
          closeCode,
          closeReason: "",
          by: "us",
          clean: true,
          sent: { closeCode, closeReason: "why" },
          received: { closeCode, closeReason: "" },
          discarded: 0
        })
      })
    )
  }

  it.effect("both close at once: ours came first here, so any code of theirs is a clean end", () =>
    Effect.gen(function* () {
      const { record, stream } = yield* endings(({ server, socket }) =>
        Effect.gen(function* () {
          const closing = yield* start(socket.close(4000))
          yield* server.close(1011)
          yield* server.end
          yield* Fiber.join(closing)
        })
      )
      assert.isTrue(Exit.isSuccess(stream))
      assert.deepInclude(record, { closeCode: 1011, by: "us", clean: true })
    })
  )

  const unclean: Record<
    string,
    readonly [end: (all: Connected) => Effect.Effect<unknown, unknown>, record: Partial<CloseInfo>]
  > = {
    "an end of stream without a Close": [({ server }) => server.end, { by: "network", closeCode: 1006 }],
    "a reset": [({ wire }) => Effect.sync(() => wire.reset()), { by: "network", closeCode: 1006 }],
    "an abort": [({ socket }) => socket.abort, { by: "us", closeCode: 1006 }],
    "our Close without an answer": [
      ({ socket }) => Effect.andThen(start(socket.close(4000)), TestClock.adjust("10 seconds")),
      { by: "us", closeCode: 1006, sent: { closeCode: 4000, closeReason: "" } }
    ],
    "our Close and an end of stream": [
      ({ server, socket }) => Effect.andThen(start(socket.close(4000)), server.end),
      { by: "us", closeCode: 1006, sent: { closeCode: 4000, closeReason: "" } }
    ],
    "our Close and a reset": [
      ({ socket, wire }) => Effect.map(start(socket.close(4000)), () => wire.reset()),
      { by: "us", closeCode: 1006, sent: { closeCode: 4000, closeReason: "" } }
    ]
  }
  for (const [what, [end, expected]] of Object.entries(unclean)) {
    it.effect(`${what}: the stream fails, receive and send too, and closed succeeds with the record`, () =>
      Effect.gen(function* () {
        const { receive, record, send, stream } = yield* endings(end, {}, { mute: true })
        assert.isTrue(Exit.isFailure(stream))
        for (const error of [receive, send]) {
          assert.deepInclude({ ...(error as object) }, { _tag: "ConnectionClosed", ...expected })
        }
        assert.deepInclude(record, { ...expected, clean: false })
      })
    )
  }

  it.effect("a reset is told as the cause", () =>
    Effect.gen(function* () {
      const { receive, send } = yield* endings(({ wire }) => Effect.sync(() => wire.reset("ETIMEDOUT")))
      for (const error of [receive, send]) {
        assert.match(error.message, /ETIMEDOUT/)
        assert.nestedPropertyVal(error, "cause._tag", "TransportError")
      }
    })
  )

  it.effect("a violation is told as itself, and to those who send as the cause", () =>
    Effect.gen(function* () {
      const { receive, record, send, stream } = yield* endings(({ server }) =>
        Effect.andThen(server.write(violation), server.end)
      )
      assert.isTrue(Exit.isFailure(stream))
      assert.strictEqual(receive._tag, "ProtocolViolation")
      assert.nestedPropertyVal(send, "cause._tag", "ProtocolViolation")
      assert.deepInclude(record, {
        closeCode: 1006,
        by: "us",
        clean: false,
        sent: { closeCode: 1002, closeReason: "" }
      })
    })
  )

  it.effect("messages before a clean end and before a failure are all taken first", () =>
    Effect.gen(function* () {
      for (const closeCode of [1000, 1011]) {
        const { server, socket } = yield* connected()
        yield* server.together([server.send("a"), server.write(text("b")), server.close(closeCode)])
        assert.strictEqual(yield* socket.receive, "a")
        assert.strictEqual(yield* socket.receive, "b")
        yield* failsWith(socket.receive, { _tag: "ConnectionClosed", closeCode })
      }
    })
  )
})
