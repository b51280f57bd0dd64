/** Streams and sockets that the program has opened itself: to whom they belong, and when they are gone. */
import * as Net from "node:net"
import { Duplex, duplexPair, PassThrough } from "node:stream"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import {
  type ByteStream,
  type DialStep,
  Refused,
  Reset,
  type Target,
  TlsOptions,
  Transport,
  TransportError,
  wrapStream
} from "@effect-websocket/transport"
import { Certificate, MemoryTransport } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { GivesWayAt } from "./givesWayAt.ts"
import { leavesNothing, turnsOfTheEventLoop } from "./pairs/leavesNothing.ts"
import { listen } from "./pairs/node.ts"
import { pattern, pullBytes } from "./pairs/Pair.ts"

describe("layerDuplex", () => {
  it.live("a duplex that is open: bytes pass, and the scope destroys it", () =>
    Effect.gen(function* () {
      const [ours, theirs] = duplexPair()
      const scope = yield* Scope.make()
      const steps: Array<DialStep> = []
      const stream = yield* Scope.provide(
        open(
          Transport.layerDuplex(() => ours),
          { steps }
        ),
        scope
      )
      assert.deepStrictEqual(steps, [
        { _tag: "Started", stage: "socket", detail: "ws.test:80" },
        { _tag: "Ended", stage: "socket", detail: "ws.test:80", failure: undefined }
      ])
      assert.deepStrictEqual(stream.info, { local: undefined, remote: undefined, tls: undefined })
      theirs.write(Uint8Array.of(1, 2))
      assert.deepStrictEqual([...(yield* pullBytes(stream.pull, 2))], [1, 2])
      stream.writeUnsafe([Uint8Array.of(3)])
      yield* stream.flushed
      assert.deepStrictEqual([...theirs.read()], [3])
      assert.isFalse(ours.destroyed)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(ours.destroyed)
    })
  )

  it.live(
    "one that is closed by another listener of the same event hears nothing more, and knows its stream no more",
    () =>
      Effect.gen(function* () {
        const [ours, theirs] = duplexPair()
        const own = new Set<unknown>(Reflect.ownKeys(ours))
        const scope = yield* Scope.make()
        const seen: Array<string> = []
        ours.on("end", () => {
          seen.push("end")
          Effect.runSync(Scope.close(scope, Exit.void))
        })
        const stream = yield* Scope.provide(open(Transport.layerDuplex(() => ours)), scope)
        const pulling = yield* Effect.forkChild(Effect.flip(stream.pull), { startImmediately: true })
        theirs.end()
        assert.deepInclude(yield* Fiber.join(pulling), { reason: new Reset({}) })
        assert.deepStrictEqual(seen, ["end"])
        const added = Reflect.ownKeys(ours).filter((key) => !own.has(key))
        assert.isFalse(added.some((key) => typeof Reflect.get(ours, key) === "object"))
      })
  )

  it.live(
    "a write that is taken whole and at once leaves room for the next, however large, of however many chunks",
    () =>
      Effect.gen(function* () {
        const takes = (takesNow: boolean) =>
          new Duplex({
            read() {},
            writev: (_, callback) => (takesNow ? callback() : undefined),
            writableHighWaterMark: 10
          })
        const quick = yield* open(Transport.layerDuplex(() => takes(true)))
        const slow = yield* open(Transport.layerDuplex(() => takes(false)))
        for (const chunks of [[pattern(30)], [pattern(30), pattern(30)]] as const) {
          assert.isTrue(quick.writeUnsafe(chunks))
          assert.isFalse(slow.writeUnsafe(chunks))
        }
      })
  )

  it.live("what was flushed may change, though the duplex has passed it on and not yet read it", () =>
    Effect.gen(function* () {
      const ours = new PassThrough()
      const stream = yield* open(Transport.layerDuplex(() => ours))
      const chunks = [Uint8Array.of(1, 2), Buffer.from([3])] as const
      stream.writeUnsafe(chunks)
      yield* stream.flushed
      for (const chunk of chunks) chunk.fill(0)
      assert.deepStrictEqual([...(yield* pullBytes(stream.pull, 3))], [1, 2, 3])
    })
  )

  it.live("one that throws where it is written to is broken, and nobody else hears of it", () =>
    Effect.gen(function* () {
      const ours = new Duplex({
        read: () => {},
        write: () => {
          throw Object.assign(new Error("full"), { code: "EIO" })
        }
      })
      const stream = yield* open(Transport.layerDuplex(() => ours))
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(1), Uint8Array.of(2)]))
      for (const effect of [stream.drained, stream.flushed, Effect.asVoid(stream.pull)]) {
        assert.deepInclude(yield* Effect.flip(effect), { reason: new Reset({ code: "EIO" }) })
      }
    })
  )

  it.live("one that throws where its end is written is broken, and nobody else hears of it", () =>
    Effect.gen(function* () {
      const full = (): never => {
        throw Object.assign(new Error("full"), { code: "EIO" })
      }
      // What was written to a corked duplex goes out at its end.
      const corked = new Duplex({ read: () => {}, write: full })
      corked.cork()
      const endless = Object.assign(new Duplex({ read: () => {}, write: full }), { end: full })
      for (const ours of [corked, endless]) {
        const stream = yield* open(Transport.layerDuplex(() => ours))
        if (ours === corked) stream.writeUnsafe([Uint8Array.of(1)])
        stream.shutdownUnsafe!()
        for (const effect of [stream.shutdown, stream.flushed, Effect.asVoid(stream.pull)]) {
          assert.deepInclude(yield* Effect.flip(effect), { reason: new Reset({ code: "EIO" }) })
        }
        assert.isTrue(ours.destroyed)
      }
    })
  )

  for (const [which, order] of [
    ["first", [0, 1]],
    ["second", [1, 0]]
  ] as const) {
    it.live(`one that is given twice is heard no more once both scopes have closed, the ${which} one first`, () =>
      Effect.gen(function* () {
        const [ours] = duplexPair()
        const events = ["readable", "end", "error", "close", "drain", "finish"]
        const listeners = () => events.map((event) => ours.listenerCount(event))
        const before = listeners()
        const scopes = [yield* Scope.make(), yield* Scope.make()] as const
        for (const scope of scopes) yield* Scope.provide(open(Transport.layerDuplex(() => ours)), scope)
        for (const index of order) {
          yield* Scope.close(scopes[index], Exit.void)
          yield* turnsOfTheEventLoop(2)
        }
        assert.deepStrictEqual(listeners(), before)
      })
    )
  }

  it.live("what a duplex has buffered before, and that it has ended, is not lost", () =>
    Effect.gen(function* () {
      const ours = new PassThrough()
      ours.write(Uint8Array.of(1))
      ours.write(Uint8Array.of(2))
      const stream = yield* open(Transport.layerDuplex(() => ours))
      assert.deepStrictEqual([...(yield* pullBytes(stream.pull, 2))], [1, 2])

      const ended = new PassThrough()
      ended.end()
      ended.resume()
      yield* turnsOfTheEventLoop(2)
      const over = yield* open(Transport.layerDuplex(() => ended))
      assert.isTrue(Cause.isDone(yield* Effect.flip(over.pull)))
    })
  )

  it.live("a socket that still connects is waited for, and tells its addresses", () =>
    Effect.gen(function* () {
      const { port } = yield* listen(Net.createServer())
      const { info } = yield* open(Transport.layerDuplex(() => Net.connect(port, "127.0.0.1")))
      assert.deepStrictEqual(info.remote, { address: "127.0.0.1", port })
    })
  )

  it.live("a TLS socket of the program's own, before and after its handshake", () =>
    Effect.gen(function* () {
      const { cert, key } = Certificate.make({ names: ["localhost"] })
      const server = yield* listen(Tls.createServer({ cert, key }))
      const connect = () => Tls.connect({ host: "127.0.0.1", port: server.port, servername: "localhost", ca: cert })
      const early = yield* open(Transport.layerDuplex(connect))
      assert.strictEqual(early.info.tls?.version, "TLSv1.3")
      const secured = connect()
      yield* Effect.callback<void>((resume) => {
        secured.once("secureConnect", () => resume(Effect.void))
      })
      const late = yield* open(Transport.layerDuplex(() => secured))
      assert.isTrue(late.info.tls?.authorized)
      assert.deepStrictEqual(late.info.remote, { address: "127.0.0.1", port: server.port })
    })
  )

  it.live("a TLS socket that the program refuses, and destroys, as soon as it is secured fails the dial", () =>
    Effect.gen(function* () {
      const { cert, key } = Certificate.make({ names: ["localhost"] })
      const { sent, server, socket } = handshaking({ cert, key })
      socket.once("secureConnect", () => socket.destroy())
      const opening = yield* Effect.forkChild(Effect.flip(open(Transport.layerDuplex(() => socket))), {
        startImmediately: true
      })
      yield* sent
      server.release(Number.POSITIVE_INFINITY)
      assert.deepStrictEqual((yield* Fiber.join(opening)).reason, new Reset({ code: "ERR_STREAM_PREMATURE_CLOSE" }))
    })
  )

  it.live(
    "a TLS socket in the middle of its handshake, which has its cipher and not its certificate, is waited for",
    () =>
      Effect.gen(function* () {
        const { cert, key } = Certificate.make({ names: ["localhost"] })
        const { server, sent, socket } = handshaking({ cert, key })
        while (socket.getCipher()?.name === undefined) {
          yield* sent
          server.release(64)
          yield* turnsOfTheEventLoop(1)
        }
        const opening = yield* Effect.forkChild(open(Transport.layerDuplex(() => socket)), { startImmediately: true })
        assert.isUndefined(opening.pollUnsafe())
        server.release(Number.POSITIVE_INFINITY)
        const { info } = yield* Fiber.join(opening)
        assert.strictEqual(info.tls?.peerCertificate?.subjectAltName, "DNS:localhost")
      })
  )

  it.live("one that emits close without being destroyed is a Reset", () =>
    Effect.gen(function* () {
      const ours = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
      const stream = yield* open(Transport.layerDuplex(() => ours))
      const pulling = yield* Effect.forkChild(Effect.flip(stream.pull), { startImmediately: true })
      ours.emit("close")
      const error = yield* Fiber.join(pulling)
      assert.deepInclude(error, { reason: new Reset({ code: "ERR_STREAM_PREMATURE_CLOSE" }) })
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(1)]))
    })
  )

  it.live("one that emits close before its end was read still gives all bytes, and its end", () =>
    Effect.gen(function* () {
      const ours = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
      const stream = yield* open(Transport.layerDuplex(() => ours))
      ours.push(pattern(10))
      ours.push(null)
      ours.emit("close")
      assert.deepStrictEqual(yield* pullBytes(stream.pull, 10), pattern(10))
      assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(1)]))
    })
  )

  it.live("one that emits close, and breaks when its scope destroys it, breaks nothing else", () =>
    Effect.gen(function* () {
      const ours = new Duplex({ read: () => {}, destroy: (_error, done) => done(new Error("late")) })
      yield* Effect.scoped(
        Effect.map(open(Transport.layerDuplex(() => ours)), () => {
          ours.emit("close")
        })
      )
      yield* turnsOfTheEventLoop(1)
      assert.strictEqual(ours.errored?.message, "late")
      assert.strictEqual(ours.listenerCount("error"), 0)
    })
  )

  it.live("one that is given again and again, long after it is over, gets no listeners that stay", () =>
    Effect.gen(function* () {
      const [ours] = duplexPair()
      const before = ours.listenerCount("close")
      for (let i = 0; i < 3; i++) {
        yield* Effect.exit(Effect.scoped(open(Transport.layerDuplex(() => ours))))
        yield* turnsOfTheEventLoop(2)
      }
      assert.deepStrictEqual([ours.listenerCount("error"), ours.listenerCount("close")], [0, before])
    })
  )

  const early: Record<string, (ours: Duplex, done: () => void) => void> = {
    "before it says so": (ours, done) => {
      ours.emit("close")
      done()
    },
    "just after it has said so": (ours, done) => {
      done()
      ours.emit("close")
    },
    "long before it says so": (ours, done) => {
      setImmediate(() => {
        ours.emit("close")
        setImmediate(done)
      })
    }
  }
  for (const [when, destroy] of Object.entries(early)) {
    it.live(`one that emits close of its own when it is destroyed, ${when}, and then breaks, breaks nothing else`, () =>
      Effect.gen(function* () {
        const make = () =>
          new Duplex({
            read: () => {},
            destroy(_error, done) {
              destroy(this, () => done(new Error("late")))
            }
          })
        const [ours, theirs] = [make(), make()]
        yield* Effect.scoped(open(Transport.layerDuplex(() => ours)))
        yield* Effect.scoped(Effect.map(open(Transport.layerDuplex(() => theirs)), () => theirs.destroy()))
        yield* turnsOfTheEventLoop(4)
        for (const duplex of [ours, theirs]) {
          assert.strictEqual(duplex.errored?.message, "late")
          assert.deepStrictEqual([duplex.listenerCount("error"), duplex.listenerCount("close")], [0, 0])
        }
      })
    )
  }

  it.live(
    "one that cannot connect is Refused, one that is destroyed a Reset, and an Effect that fails fails the dial",
    () =>
      Effect.gen(function* () {
        const port = yield* Effect.scoped(Effect.map(listen(Net.createServer()), ({ port }) => port))
        const refused = yield* Effect.flip(open(Transport.layerDuplex(() => Net.connect(port, "127.0.0.1"))))
        assert.deepInclude(refused.reason, { _tag: "Refused", address: "ws.test:80" })
        const gone = yield* Effect.flip(open(Transport.layerDuplex(() => new PassThrough().destroy())))
        assert.strictEqual(gone.reason._tag, "Reset")
        const failed = yield* Effect.flip(open(Transport.layerDuplex(() => Effect.fail(refusal))))
        assert.strictEqual(failed, refusal)
      })
  )

  it.live("a dial that fails or is interrupted destroys it all the same", () =>
    Effect.gen(function* () {
      const [ours, theirs] = duplexPair()
      const opening = yield* Effect.forkChild(
        Effect.result(
          open(
            Transport.layerDuplex(() => ours),
            { tls: TlsOptions.make({}) }
          )
        ),
        { startImmediately: true }
      )
      theirs.write("this is no TLS")
      assert.strictEqual((yield* Fiber.join(opening))._tag, "Failure")
      assert.isTrue(ours.destroyed)

      const [interrupted] = duplexPair()
      const dialling = yield* Effect.forkChild(
        open(
          Transport.layerDuplex(() => interrupted),
          { tls: TlsOptions.make({}) }
        ),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(dialling)
      assert.isTrue(interrupted.destroyed)
    })
  )

  const sources: Record<string, (duplex: () => Duplex) => Duplex | Effect.Effect<Duplex>> = {
    "a function": (duplex) => duplex(),
    "an Effect": (duplex) => Effect.sync(duplex)
  }
  for (const [what, from] of Object.entries(sources)) {
    it.live(`of ${what}: also where the dial gives way to others, wherever that is`, () =>
      Effect.gen(function* () {
        let made = 0
        for (const tls of [undefined, TlsOptions.make({})]) {
          for (let step = 1; step < 100; step++) {
            const [ours] = duplexPair()
            let isMade = false
            const make = () => {
              isMade = true
              return ours
            }
            const dialling = open(
              Transport.layerDuplex(() => from(make)),
              { ...(tls && { tls }) }
            )
            const fiber = yield* Effect.forkChild(
              Effect.scoped(Effect.andThen(dialling, Effect.never)).pipe(
                Effect.provideService(Scheduler.Scheduler, new GivesWayAt(step))
              ),
              { startImmediately: true }
            )
            yield* Fiber.interrupt(fiber)
            if (isMade) {
              made += 1
              assert.isTrue(ours.destroyed, `step ${step}`)
            }
          }
        }
        assert.isAbove(made, 50)
      })
    )
  }

  it.live("a dial in a scope that is closed already destroys it, too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Scope.close(scope, Exit.void)
      const [ours] = duplexPair()
      const dialling = open(Transport.layerDuplex(() => ours))
      const { reason } = yield* Effect.flip(Scope.provide(dialling, scope))
      assert.strictEqual(reason._tag, "Reset")
      assert.isTrue(ours.destroyed)
    })
  )

  it.live("200 sockets leave no handle", () =>
    leavesNothing(
      Effect.suspend(() => listen(Net.createServer())),
      (port) => open(Transport.layerDuplex(() => Net.connect(port, "127.0.0.1")))
    )
  )
})

describe("TLS over what is no socket", () => {
  const over: Record<string, (duplex: Duplex) => Layer.Layer<Transport>> = {
    "a duplex": (duplex) => Transport.layerDuplex(() => duplex),
    "a stream": (duplex) =>
      Transport.layerStream(() =>
        Effect.map(open(Transport.layerDuplex(() => duplex)), (stream) => wrapStream(stream, {}))
      )
  }
  for (const [what, layerOver] of Object.entries(over)) {
    it.live(`${what}: who reads late gets all of it, and its clean end`, () =>
      Effect.gen(function* () {
        const { cert, key } = Certificate.make({ names: ["ws.test"] })
        const [ours, theirs] = duplexPair()
        const server = new Tls.TLSSocket(theirs, { isServer: true, cert, key })
        const closed = Promise.withResolvers<void>()
        server.on("close", closed.resolve).resume()
        const stream = yield* open(layerOver(ours), { tls: TlsOptions.make({ ca: cert }) })
        server.end(pattern(1000))
        yield* stream.shutdown
        yield* Effect.promise(() => closed.promise)
        yield* turnsOfTheEventLoop(10)
        assert.deepStrictEqual(yield* pullBytes(stream.pull, 1000), pattern(1000))
        assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
      })
    )

    it.live(`${what}: a scope that closes during the handshake fails it`, () =>
      Effect.gen(function* () {
        const [ours] = duplexPair()
        const scope = yield* Scope.make()
        const dialling = Scope.provide(open(layerOver(ours), { tls: TlsOptions.make({}) }), scope)
        const opening = yield* Effect.forkChild(Effect.flip(dialling), { startImmediately: true })
        yield* turnsOfTheEventLoop(2)
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual((yield* Fiber.join(opening)).reason, new Reset({}))
      })
    )
  }
})

describe("TLS over a stream of the program's own that breaks at its first write", () => {
  it.live("fails with its reason", () =>
    Effect.gen(function* () {
      const failure = new TransportError({ reason: new Reset({ code: "EIO" }) })
      const below = wrapStream(silent, { writeUnsafe: () => false, flushed: Effect.fail(failure) })
      const layer = Transport.layerStream(() => Effect.succeed(below))
      const { reason } = yield* Effect.flip(open(layer, { tls: TlsOptions.make({}) }))
      assert.deepStrictEqual(reason, failure.reason)
    })
  )
})

describe("TLS over a stream of the program's own that breaks its word", () => {
  const died = () => {
    throw new Error("a mistake")
  }
  const changes: Record<string, (stream: ByteStream, isBroken: () => boolean) => Partial<ByteStream>> = {
    "a pull that dies": ({ pull }, isBroken) => ({
      pull: Effect.suspend(() => (isBroken() ? Effect.die(new Error("a mistake")) : pull))
    }),
    "a pull that is interrupted": ({ pull }, isBroken) => ({
      pull: Effect.suspend(() => (isBroken() ? Effect.interrupt : pull))
    }),
    "a write that throws": (stream, isBroken) => ({
      writeUnsafe: (chunks) => (isBroken() ? died() : stream.writeUnsafe(chunks))
    }),
    "a count that throws": (stream, isBroken) => ({
      unflushedBytes: () => (isBroken() ? died() : stream.unflushedBytes())
    }),
    "a flush that dies": (stream, isBroken) => ({
      unflushedBytes: () => (isBroken() ? 1 : stream.unflushedBytes()),
      flushed: Effect.suspend(() => (isBroken() ? Effect.die(new Error("a mistake")) : stream.flushed))
    })
  }
  for (const [what, change] of Object.entries(changes)) {
    it.live(`${what}: it ends, and that is logged`, () => {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => logged.push(message))
      return Effect.gen(function* () {
        const { cert, key } = Certificate.make({ names: ["ws.test"] })
        const [ours, theirs] = duplexPair()
        const server = new Tls.TLSSocket(theirs, { isServer: true, cert, key }).on("error", () => {})
        const below = yield* open(Transport.layerDuplex(() => ours))
        let isBroken = false
        const layer = Transport.layerStream(() =>
          Effect.succeed(
            wrapStream(
              below,
              change(below, () => isBroken)
            )
          )
        )
        const stream = yield* open(layer, { tls: TlsOptions.make({ ca: cert }) })
        isBroken = true
        const pulling = yield* Effect.forkChild(Effect.flip(Effect.forever(stream.pull)), { startImmediately: true })
        server.write("wakes the reader")
        stream.writeUnsafe([pattern(10)])
        const error = yield* Fiber.join(pulling)
        if (Cause.isDone(error)) return assert.fail("no clean end")
        assert.strictEqual(error.reason._tag, "Reset")
        assert.lengthOf(logged, 1)
      }).pipe(Effect.provide(Logger.layer([logger])))
    })
  }
})

describe("layerStream", () => {
  it.effect("makes the program's own stream once per dial, with the target", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const inner = yield* Effect.provide(Transport, network.layer)
      const dialled: Array<Target> = []
      const layer = Transport.layerStream((target) => {
        dialled.push(target)
        return inner.open(target)
      })
      const opening = yield* Effect.forkChild(open(layer), { startImmediately: true })
      const peer = yield* network.accept
      const stream = yield* Fiber.join(opening)
      peer.send(Uint8Array.of(7))
      assert.deepStrictEqual([...(yield* pullBytes(stream.pull, 1))], [7])
      assert.deepStrictEqual(
        dialled.map(({ host, port }) => [host, port]),
        [["ws.test", 80]]
      )
    })
  )

  it.effect("what it acquires lives as long as the connection, or is gone with the dial that failed", () =>
    Effect.gen(function* () {
      const gone: Array<string> = []
      const acquired = (name: string) => Effect.addFinalizer(() => Effect.sync(() => gone.push(name)))
      const scope = yield* Scope.make()
      yield* Scope.provide(open(Transport.layerStream(() => Effect.as(acquired("kept"), silent))), scope)
      yield* Effect.flip(open(Transport.layerStream(() => Effect.andThen(acquired("failed"), Effect.fail(refusal)))))
      assert.deepStrictEqual(gone, ["failed"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(gone, ["failed", "kept"])
    })
  )
})

const refusal = new TransportError({ reason: new Refused({ address: "tunnel" }) })

const silent: ByteStream = {
  pull: Effect.never,
  writeUnsafe: () => true,
  drained: Effect.void,
  flushed: Effect.void,
  unflushedBytes: () => 0,
  shutdown: Effect.void,
  info: { local: undefined, remote: undefined, tls: undefined }
}

const open = (
  layer: Layer.Layer<Transport>,
  { steps = [], tls }: { readonly steps?: Array<DialStep>; readonly tls?: TlsOptions } = {}
) =>
  Transport.use((transport) =>
    transport.open({ host: "ws.test", port: 80, ...(tls && { tls }), report: (step) => steps.push(step) })
  ).pipe(Effect.provide(layer))

/** A TLS client of Node's over memory, whose server's bytes come as they are released. */
const handshaking = (options: { readonly cert: string; readonly key: string }) => {
  const [ours, between] = duplexPair()
  const [theirs, server] = duplexPair()
  const socket = Tls.connect({ socket: ours, servername: "localhost", ca: options.cert })
  new Tls.TLSSocket(server, { isServer: true, ...options })
  between.pipe(theirs)
  let held = Buffer.alloc(0)
  let isHeld = true
  const first = Promise.withResolvers<void>()
  theirs.on("data", (bytes: Buffer) => {
    if (isHeld) held = Buffer.concat([held, bytes])
    else between.write(bytes)
    first.resolve()
  })
  const release = (length: number) => {
    between.write(held.subarray(0, length))
    held = held.subarray(Math.min(length, held.length))
    isHeld = length < Number.POSITIVE_INFINITY
  }
  return { socket, sent: Effect.promise(() => first.promise), server: { release } }
}
