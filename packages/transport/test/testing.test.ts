/** The in-memory network: what a test can do with a dial and with a peer. */
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, Refused, Transport, TransportError } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

describe("MemoryTransport", () => {
  it.effect("a dial waits until the test answers it, for ever if need be", () =>
    Effect.gen(function* () {
      const { network, opening } = yield* dialled()
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(opening.pollUnsafe())
      const dial = yield* network.dial
      assert.strictEqual(dial.target.host, "example.test")
      const peer = dial.accept()
      peer.send(Uint8Array.of(1))
      const stream = yield* Fiber.join(opening)
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(1)])
    })
  )

  it.effect("a refused dial fails with the reason given, and the steps say so", () =>
    Effect.gen(function* () {
      const steps: Array<DialStep> = []
      const { network, opening } = yield* dialled((step) => steps.push(step))
      const refused = new Refused({ address: "192.0.2.1:80" })
      yield* network.refuse(refused)
      const error = yield* Effect.flip(Fiber.join(opening))
      assert.deepStrictEqual(error, new TransportError({ reason: refused }))
      assert.deepStrictEqual(steps, [
        { _tag: "Started", stage: "socket", detail: "example.test:80" },
        { _tag: "Ended", stage: "socket", detail: "example.test:80", failure: refused }
      ])
    })
  )

  it.effect("an abandoned dial is told to who holds it and hidden from who comes later", () =>
    Effect.gen(function* () {
      const steps: Array<DialStep> = []
      const { network, opening } = yield* dialled((step) => steps.push(step))
      const dial = yield* network.dial
      yield* Fiber.interrupt(opening)
      yield* dial.abandoned
      assert.isTrue(dial.accept().isDestroyed())
      assert.propertyVal(steps[1], "failure", "interrupted")

      const second = yield* Effect.forkChild(
        open(network, () => {}),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(second)
      const third = yield* Effect.forkChild(
        open(network, () => {}),
        { startImmediately: true }
      )
      const peer = yield* network.accept
      yield* Fiber.join(third)
      assert.isFalse(peer.isDestroyed())
    })
  )

  it.effect("each cut is a pull of its own; chunks sent together are one pull", () =>
    Effect.gen(function* () {
      const { peer, stream } = yield* connected()
      peer.send(Uint8Array.of(1, 2, 3, 4), [1, 3])
      peer.sendTogether([Uint8Array.of(5), Uint8Array.of(6)])
      assert.strictEqual(peer.unread(), 6)
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(1)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(2, 3)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(4)])
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(5), Uint8Array.of(6)])
      assert.strictEqual(peer.unread(), 0)
    })
  )

  it.effect("bytes are copied both ways", () =>
    Effect.gen(function* () {
      const { peer, stream } = yield* connected()
      const bytes = Uint8Array.of(1)
      peer.send(bytes)
      stream.writeUnsafe([bytes])
      bytes[0] = 9
      assert.deepStrictEqual(yield* stream.pull, [Uint8Array.of(1)])
      assert.deepStrictEqual(yield* peer.take, Uint8Array.of(1))
    })
  )

  it.effect("a stalled peer admits what it is told to, and the high-water mark is configurable", () =>
    Effect.gen(function* () {
      const { peer, stream } = yield* connected({ highWaterMark: 4 })
      peer.stall()
      assert.isTrue(stream.writeUnsafe([Uint8Array.of(1, 2, 3)]))
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(4, 5, 6)]))
      peer.admit(4)
      assert.deepStrictEqual(yield* peer.take, Uint8Array.of(1, 2, 3, 4))
      assert.strictEqual(stream.unflushedBytes(), 2)
      peer.resume()
      yield* stream.drained
      assert.deepStrictEqual(peer.written(), Uint8Array.of(1, 2, 3, 4, 5, 6))
    })
  )

  it.effect("what a stalled peer admits adds up, until it stalls again; one that is not stalled goes on taking", () =>
    Effect.gen(function* () {
      const { peer, stream } = yield* connected()
      peer.admit(1)
      stream.writeUnsafe([Uint8Array.of(1, 2, 3)])
      assert.strictEqual(peer.written().length, 3)
      peer.stall()
      peer.admit(2)
      peer.admit(3)
      stream.writeUnsafe([new Uint8Array(10)])
      assert.strictEqual(peer.written().length, 8)
      peer.admit(1)
      peer.stall()
      peer.admit(1)
      assert.strictEqual(peer.written().length, 10)
    })
  )

  it.effect("hundreds of thousands of pieces wait as well as a few, both ways", () =>
    Effect.gen(function* () {
      const { peer, stream } = yield* connected()
      const pieces = 400_000
      peer.send(
        new Uint8Array(pieces),
        Array.from({ length: pieces - 1 }, (_, index) => index + 1)
      )
      assert.strictEqual(peer.unread(), pieces)
      let pulled = 0
      const take = (chunks: ReadonlyArray<Uint8Array>) => {
        pulled += chunks.length
        return true
      }
      stream.flow!({ take, ended: () => {} })
      assert.strictEqual(pulled, pieces)
      assert.strictEqual(peer.unread(), 0)
      peer.stall()
      for (let i = 0; i < pieces; i++) stream.writeUnsafe([Uint8Array.of(i)])
      peer.resume()
      assert.strictEqual(peer.written().length, pieces)
    })
  )

  it.effect("a dial that was answered gives no other connection: its peer is destroyed", () =>
    Effect.gen(function* () {
      const { network, opening } = yield* dialled()
      const dial = yield* network.dial
      const peer = dial.accept()
      yield* Fiber.join(opening)
      assert.isTrue(dial.accept().isDestroyed())
      assert.isFalse(peer.isDestroyed())

      const refused = yield* dialled()
      const second = yield* refused.network.dial
      second.refuse(new Refused({ address: "192.0.2.1:80" }))
      assert.isTrue(second.accept().isDestroyed())
      yield* Effect.flip(Fiber.join(refused.opening))
    })
  )

  it.effect("an option that is undefined is its default", () =>
    Effect.gen(function* () {
      // As a program that is compiled without `exactOptionalPropertyTypes` may give them.
      const undefinedOptions = { highWaterMark: undefined, flows: undefined } as unknown as { highWaterMark: number }
      const { peer, stream } = yield* connected(undefinedOptions)
      assert.isDefined(stream.flow)
      peer.stall()
      assert.isTrue(stream.writeUnsafe([new Uint8Array(0x10000 - 1)]))
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(1, 2)]))
    })
  )

  it.effect("take is Done after the client ended its side, and after it was destroyed", () =>
    Effect.gen(function* () {
      const first = yield* connected()
      first.stream.writeUnsafe([Uint8Array.of(1)])
      yield* first.stream.shutdown
      assert.deepStrictEqual(yield* first.peer.take, Uint8Array.of(1))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(first.peer.take)))

      const second = yield* connected()
      const taking = yield* Effect.forkChild(Effect.exit(second.peer.take), { startImmediately: true })
      yield* Scope.close(second.scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(taking)))
      yield* second.peer.destroyed
    })
  )
})

const open = (network: MemoryTransport.MemoryTransport, report: (step: DialStep) => void) =>
  Transport.use((transport) => transport.open({ host: "example.test", port: 80, report })).pipe(
    Effect.provide(network.layer)
  )

const dialled = Effect.fnUntraced(function* (report: (step: DialStep) => void = () => {}) {
  const network = yield* MemoryTransport.make()
  const opening = yield* Effect.forkChild(open(network, report), { startImmediately: true })
  return { network, opening }
})

const connected = Effect.fnUntraced(function* (options?: { readonly highWaterMark: number }) {
  const network = yield* MemoryTransport.make(options)
  const scope = yield* Scope.make()
  const opening = yield* Effect.forkChild(
    Scope.provide(
      open(network, () => {}),
      scope
    )
  )
  const peer = yield* network.accept
  return { peer, scope, stream: yield* Fiber.join(opening) }
})
