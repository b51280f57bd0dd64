/** What a Transport remembers: sessions are resumed where this is safe, and nowhere else. */

import { setImmediate } from "node:timers/promises"
import * as Tls from "node:tls"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, TlsCheck, TlsContext, TlsOptions, Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { authority, client, dial, good, type Options, problemOf, server, stranger, temporaryFolder } from "./tls.ts"

const greeting = Uint8Array.of(1)

/** Servers that greet: with TLS 1.3, whoever has read something has been given the tickets before it. */
const greeter = Effect.fnUntraced(function* (options: Tls.TlsOptions) {
  const { accept, port } = yield* server(options)
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.map(accept, (socket) => void socket.write(greeting)),
      { disableYield: true }
    )
  )
  return port
})

/** Whether a connection that was opened and greeted resumed an earlier one. */
const isResumed = Effect.fnUntraced(function* (port: number, options: Options, steps: Array<DialStep> = []) {
  const stream = yield* dial(port, { ca: authority.cert, ...options }, steps)
  yield* stream.pull
  return stream.info.tls!.resumed
}, Effect.scoped)

const versions = ["TLSv1.2", "TLSv1.3"] as const

/** A ticket of TLS 1.2 may be shown again. Node's servers give two of TLS 1.3 for a full handshake, none for another. */
const tickets = { "TLSv1.2": [false, true, true, true, true], "TLSv1.3": [false, true, true, false, true] }

for (const maxVersion of versions) {
  describe(`a session of ${maxVersion}`, () => {
    it.live("is resumed by the next connections, as often as its tickets allow", () =>
      Effect.gen(function* () {
        const port = yield* greeter({ ...good, maxVersion })
        const steps: Array<DialStep> = []
        const resumed = yield* Effect.forEach([1, 2, 3, 4, 5], () => isResumed(port, {}, steps))
        assert.deepStrictEqual(resumed, tickets[maxVersion])
        const last = steps.at(-1)!
        assert.match((last._tag === "Ended" && last.outcome) || "", /^TLSv1\.[23] \S+, resumed$/)
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("tells the certificate of the connection that it began with", () =>
      Effect.gen(function* () {
        const port = yield* greeter({ ...good, maxVersion })
        const infos = yield* Effect.forEach([1, 2], () =>
          Effect.scoped(
            Effect.gen(function* () {
              const stream = yield* dial(port, { ca: authority.cert })
              yield* stream.pull
              return stream.info.tls!
            })
          )
        )
        assert.deepStrictEqual(infos[1], { ...infos[0]!, resumed: true })
        assert.strictEqual(infos[1]!.verifiedName, "127.0.0.1")
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("is not resumed by another Transport", () =>
      Effect.gen(function* () {
        const port = yield* greeter({ ...good, maxVersion })
        for (let i = 0; i < 2; i++) {
          assert.isFalse(yield* isResumed(port, {}).pipe(Effect.provide(Transport.layer)))
        }
      })
    )

    const others: Record<string, Options> = {
      "with other authorities": { ca: [authority.cert, stranger.cert] },
      "with a client certificate": { cert: client.cert + client.key },
      "for another server name": { serverName: "ws.test" },
      "that verifies less": { verify: "none" },
      "with other ciphers": { ciphers: "HIGH" },
      "that turns it off": { resumption: false }
    }
    for (const [what, options] of Object.entries(others)) {
      it.live(`is not resumed by a connection ${what}`, () =>
        Effect.gen(function* () {
          const port = yield* greeter({ ...good, maxVersion })
          assert.isFalse(yield* isResumed(port, {}))
          assert.isFalse(yield* isResumed(port, options))
          assert.isTrue(yield* isResumed(port, {}))
        }).pipe(Effect.provide(Transport.layer))
      )
    }

    it.live("that was not verified is not resumed by one that is to be", () =>
      Effect.gen(function* () {
        const port = yield* greeter({ ...Certificate.make({ names: ["elsewhere.test"] }), maxVersion })
        assert.isFalse(yield* isResumed(port, { verify: "none" }))
        assert.isTrue(yield* isResumed(port, { verify: "none" }))
        assert.strictEqual(problemOf(yield* Effect.flip(dial(port, { verify: "chain" }))), "self-signed")
        assert.strictEqual(problemOf(yield* Effect.flip(dial(port, {}))), "self-signed")
      }).pipe(Effect.provide(Transport.layer))
    )

    const checks: Record<string, readonly [problem: string, Options, objection?: string]> = {
      "its name": ["wrong host", { identity: "other.test" }],
      "its pins": ["pin mismatch", { pins: "00".repeat(32) }],
      "the program's check": ["refused", {}, "no"]
    }
    for (const [what, [problem, options, objection]] of Object.entries(checks)) {
      it.live(`is asked for ${what} when it is resumed, too, and forgotten when that is wrong`, () =>
        Effect.gen(function* () {
          const port = yield* greeter({ ...good, maxVersion })
          assert.isFalse(yield* isResumed(port, {}))
          const error = yield* Effect.flip(dial(port, { ca: authority.cert, ...options })).pipe(
            Effect.provideService(TlsCheck, () => Effect.succeed(objection))
          )
          assert.strictEqual<unknown>(problemOf(error), problem)
          // The refused connection has used up the only session of TLS 1.2, or one of the two of TLS 1.3.
          const resumed = yield* Effect.forEach([1, 2], () => isResumed(port, {}))
          assert.deepStrictEqual(resumed, maxVersion === "TLSv1.2" ? [false, true] : [true, false])
        }).pipe(Effect.provide(Transport.layer))
      )
    }

    it.effect("is verified anew after an hour", () =>
      Effect.gen(function* () {
        const port = yield* greeter({ ...good, maxVersion })
        assert.isFalse(yield* isResumed(port, {}))
        yield* TestClock.adjust("59 minutes")
        assert.isTrue(yield* isResumed(port, {}))
        yield* TestClock.adjust("2 minutes")
        assert.isFalse(yield* isResumed(port, {}))
      }).pipe(Effect.provide(Transport.layer))
    )

    it.effect("is not resumed once its certificate has expired", () =>
      Effect.gen(function* () {
        const soon = new Date(Date.now() + 86_400_000)
        const port = yield* greeter({
          ...Certificate.make({ names: ["127.0.0.1"], issuer: authority, validTo: soon }),
          maxVersion
        })
        yield* TestClock.setTime(soon.getTime() - 60_000)
        assert.isFalse(yield* isResumed(port, {}))
        assert.isTrue(yield* isResumed(port, {}))
        yield* TestClock.adjust("2 minutes")
        assert.isFalse(yield* isResumed(port, {}))
      }).pipe(Effect.provide(Transport.layer))
    )
  })
}

describe("many sessions", () => {
  it.live("that are opened at once are resumed, each with a ticket of its own", () =>
    Effect.gen(function* () {
      const port = yield* greeter(good)
      yield* isResumed(port, {})
      const resumed = yield* Effect.forEach([1, 2], () => isResumed(port, {}), { concurrency: "unbounded" })
      assert.deepStrictEqual(resumed, [true, true])
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("push the oldest out", () =>
    Effect.gen(function* () {
      const port = yield* greeter(good)
      yield* isResumed(port, {})
      // Each leaves two tickets, for a server of its own.
      const named = (i: number) => ({ serverName: `${i}.test`, verify: "chain" }) as const
      for (let i = 0; i < 64; i++) yield* isResumed(port, named(i))
      assert.isFalse(yield* isResumed(port, {}))
      assert.isTrue(yield* isResumed(port, named(63)))
    }).pipe(Effect.provide(Transport.layer))
  )
})

describe("certificates", () => {
  it.live("that are renewed in their files are another matter: nothing is resumed", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const port = yield* greeter(good)
      const ca = file("ca.pem", authority.cert)
      assert.isFalse(yield* isResumed(port, { ca }))
      assert.isTrue(yield* isResumed(port, { ca }))
      file("ca.pem", stranger.cert + authority.cert)
      assert.isFalse(yield* isResumed(port, { ca }))
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("of 16 kinds are kept parsed, with their sessions", () =>
    Effect.gen(function* () {
      const port = yield* greeter(good)
      const kinds = Array.from({ length: 17 }, (_, i) => ({
        ca: Array.from({ length: i + 1 }, () => [authority.cert, stranger.cert][i % 2]!).concat(authority.cert),
        ciphers: `${"HIGH:".repeat(i)}HIGH`
      }))
      for (const kind of kinds.slice(0, 16)) assert.isFalse(yield* isResumed(port, kind))
      for (const kind of kinds.slice(0, 16)) assert.isTrue(yield* isResumed(port, kind))
      assert.isFalse(yield* isResumed(port, kinds[16]!))
      assert.isFalse(yield* isResumed(port, kinds[0]!))
      assert.isTrue(yield* isResumed(port, kinds[2]!))
    }).pipe(Effect.provide(Transport.layer))
  )
})

describe("a context that the program made", () => {
  const context = Tls.createSecureContext({ ca: authority.cert, minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" })
  const withContext = Effect.provideService(TlsContext, () => context)

  it.live("stands for the options, and its sessions are resumed", () =>
    Effect.gen(function* () {
      const port = yield* greeter(good)
      const resumed = Effect.scoped(
        Effect.gen(function* () {
          const stream = yield* dial(port, {})
          yield* stream.pull
          return stream.info.tls!.resumed
        })
      ).pipe(withContext)
      assert.deepStrictEqual([yield* resumed, yield* resumed], [false, true])
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("may speak what the options cannot say, such as TLS 1.1", () =>
    Effect.gen(function* () {
      const port = yield* greeter({
        ...good,
        minVersion: "TLSv1",
        maxVersion: "TLSv1.1",
        ciphers: "DEFAULT:@SECLEVEL=0"
      })
      const { info } = yield* withContext(dial(port, {}))
      assert.strictEqual(info.tls!.version, "TLSv1.1")
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("verifies the name all the same", () =>
    Effect.gen(function* () {
      const port = yield* greeter(good)
      assert.strictEqual(
        problemOf(yield* Effect.flip(withContext(dial(port, { serverName: "other.test" })))),
        "wrong host"
      )
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("is not kept for its sessions' sake: a program may make one for each connection", () =>
    Effect.gen(function* () {
      setFlagsFromString("--expose-gc")
      const collect: () => void = runInNewContext("gc")
      const port = yield* greeter(good)
      const made: Array<WeakRef<Tls.SecureContext>> = []
      const fresh = Effect.provideService(TlsContext, () => {
        const context = Tls.createSecureContext({ ca: authority.cert })
        made.push(new WeakRef(context))
        return context
      })
      yield* fresh(Effect.scoped(Effect.flatMap(dial(port, {}), ({ pull }) => pull)))
      while (made[0]!.deref() !== undefined) {
        yield* Effect.promise(() => setImmediate())
        collect()
      }
    }).pipe(Effect.provide(Transport.layer))
  )
})

it.live("an open connection holds nothing of how it was dialled, nor do its tickets", () =>
  Effect.gen(function* () {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    const port = yield* greeter(good)
    const { open } = yield* Transport
    const dialled: Array<WeakRef<object>> = []
    const stream = yield* Effect.suspend(() => {
      const report = () => {}
      const tls = TlsOptions.make({ ca: authority.cert })
      dialled.push(new WeakRef(report), new WeakRef(tls))
      return open({ host: "127.0.0.1", port, tls, report })
    })
    yield* stream.pull
    const held = () => dialled.map((part) => part.deref()).filter((part) => part !== undefined)
    for (let turn = 0; turn < 50 && held().length > 0; turn++) {
      yield* Effect.promise(() => setImmediate())
      collect()
    }
    assert.deepStrictEqual(held(), [])
    assert.isDefined(stream.info.tls)
  }).pipe(Effect.provide(Transport.layer))
)
