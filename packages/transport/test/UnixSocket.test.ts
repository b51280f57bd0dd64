/** Dialling unix sockets: what is reported, what fails how, and what is left behind. */
import * as Fs from "node:fs"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { type DialStep, Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { connectReason } from "../src/internal/NodeError.ts"
import { assertNoListeners, leavesNothing, turnsOfTheEventLoop } from "./pairs/leavesNothing.ts"
import { listen } from "./pairs/node.ts"
import { freePath } from "./pairs/unix.ts"

describe("UnixSocket", () => {
  it.live("the path is the address: one step, nothing looked up, and no addresses to tell", () =>
    Effect.gen(function* () {
      const path = yield* server
      const steps: Array<DialStep> = []
      const { info } = yield* open(path, steps)
      assert.deepStrictEqual(steps, [
        { _tag: "Started", stage: "unix", detail: path },
        { _tag: "Ended", stage: "unix", detail: path, failure: undefined }
      ])
      assert.deepStrictEqual(info, { local: undefined, remote: undefined, tls: undefined })
    })
  )

  it.live("a name of Linux's abstract sockets, shown with an @", () =>
    Effect.gen(function* () {
      // It does not outlive the server, so the name of this process is enough.
      const name = `\0effect-websocket-${process.pid}`
      const steps: Array<DialStep> = []
      const listening = process.platform === "linux" ? yield* listen(Net.createServer(), name) : undefined
      const opened = yield* Effect.result(open(name, steps))
      assert.strictEqual(opened._tag, listening === undefined ? "Failure" : "Success")
      assert.strictEqual(steps[0]!.detail, `@${name.slice(1)}`)
    })
  )

  it.live("a path at which there is nothing is Unreachable, with ENOENT", () =>
    Effect.gen(function* () {
      const path = yield* freePath
      const { message, reason } = yield* Effect.flip(open(path))
      assert.deepInclude(reason, { _tag: "Unreachable", address: path, code: "ENOENT" })
      assert.match(message, /check the path, and that the server is running/)
    })
  )

  it.live("a socket whose server is gone is Refused", () =>
    Effect.gen(function* () {
      const path = yield* freePath
      // Node takes a socket away when its server closes; a server that died leaves it.
      const other = `${path}-2`
      yield* Effect.scoped(
        Effect.andThen(
          listen(Net.createServer(), path),
          Effect.sync(() => Fs.linkSync(path, other))
        )
      )
      const { message, reason } = yield* Effect.flip(open(other))
      assert.deepInclude(reason, { _tag: "Refused", address: other })
      assert.match(message, /check that the server is running/)
    })
  )

  it.live("a file that is no socket is Refused, and so is a folder", () =>
    Effect.gen(function* () {
      const path = yield* freePath
      Fs.writeFileSync(path, "")
      for (const wrong of [path, path.replace(/\/socket$/, "")]) {
        assert.strictEqual((yield* Effect.flip(open(wrong))).reason._tag, "Refused")
      }
    })
  )

  it.live("a path that is too long, or has a NUL inside, is Unreachable, and the message says what is allowed", () =>
    Effect.gen(function* () {
      for (const path of [`/tmp/${"x".repeat(200)}`, "/tmp/a\0b"]) {
        const { message, reason } = yield* Effect.flip(open(path))
        assert.deepInclude(reason, { _tag: "Unreachable", code: "ENAMETOOLONG" })
        assert.match(message, /at most about 100 bytes and no NUL/)
      }
    })
  )

  it.live("an empty path is Unreachable: it does not become TCP", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(open(""))
      assert.deepInclude(reason, { _tag: "Unreachable", code: "ENOENT" })
    })
  )

  it("a socket without permission is Unreachable, and the message says to check permissions", () => {
    const error = Object.assign(new Error("connect EACCES"), { code: "EACCES" })
    const reason = connectReason("/run/private.sock", "unix", error)
    assert.deepInclude(reason, { _tag: "Unreachable", address: "/run/private.sock", code: "EACCES" })
    assert.match(reason.message, /check permissions/)
  })
})

describe("leaks", () => {
  it.live("200 connections that were opened and closed leave no handle and no listener", () =>
    Effect.flatMap(freePath, (path) =>
      leavesNothing(
        Effect.suspend(() => listen(Net.createServer(), path)),
        Effect.fnUntraced(function* () {
          const stream = yield* Effect.scoped(
            Effect.gen(function* () {
              const stream = yield* open(path)
              stream.writeUnsafe([Uint8Array.of(1)])
              yield* Effect.forkScoped(stream.pull, { startImmediately: true })
              yield* turnsOfTheEventLoop(1)
              return stream
            })
          )
          yield* assertNoListeners(stream)
        })
      )
    )
  )

  it.live("200 dials that were interrupted, and 200 that failed, leave no handle", () =>
    Effect.flatMap(freePath, (path) =>
      Effect.andThen(
        leavesNothing(
          Effect.suspend(() => listen(Net.createServer(), path)),
          () => Effect.flatMap(Effect.forkChild(open(path), { startImmediately: true }), Fiber.interrupt)
        ),
        leavesNothing(Effect.succeed({ port: 1 }), () => Effect.flip(open(path)))
      )
    )
  )
})

const server = Effect.tap(freePath, (path) => Effect.suspend(() => listen(Net.createServer(), path)))

const open = (socketPath: string, steps: Array<DialStep> = []) =>
  Transport.use((transport) =>
    transport.open({ host: "localhost", port: 80, socketPath, report: (step) => steps.push(step) })
  ).pipe(Effect.provide(Transport.layer))
