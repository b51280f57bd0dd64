/** Dialling over TCP: what is reported, what fails how, and what is left behind. */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import {
  AddressOptions,
  type DialStep,
  HostNotFound,
  Reset,
  Resolver,
  type Target,
  TlsOptions,
  Transport,
  type TransportError
} from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import { GivesWayAt } from "./givesWayAt.ts"
import { deaf } from "./pairs/deaf.ts"
import { assertNoListeners, leavesNothing, turnsOfTheEventLoop } from "./pairs/leavesNothing.ts"
import { listen } from "./pairs/node.ts"

describe("Tcp", () => {
  it.live("a name is looked up, then its address is connected to", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const { result, steps } = yield* dial({ host: "ws.test", port }, { "ws.test": ["127.0.0.1"] })
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(steps, [
        { _tag: "Started", stage: "dns", detail: "ws.test" },
        { _tag: "Ended", stage: "dns", detail: "ws.test", outcome: "127.0.0.1", failure: undefined },
        { _tag: "Started", stage: "tcp", detail: `127.0.0.1:${port}` },
        { _tag: "Ended", stage: "tcp", detail: `127.0.0.1:${port}`, failure: undefined }
      ])
    })
  )

  it.live("an IP literal is not looked up; info tells both ends", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* server()
      const { result, steps } = yield* dial({ host: "127.0.0.1", port })
      assert.deepStrictEqual(
        steps.map(({ stage }) => stage),
        ["tcp", "tcp"]
      )
      if (result._tag === "Failure") return assert.fail(result.failure.message)
      const { info } = result.success
      const socket = yield* accept
      assert.deepStrictEqual(info.remote, { address: "127.0.0.1", port })
      assert.deepStrictEqual(info.local, { address: "127.0.0.1", port: (socket as Net.Socket).remotePort! })
      assert.isUndefined(info.tls)
    })
  )

  it.live("info keeps the addresses once somebody has asked; after the end only the dialled one is known", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const scope = yield* Scope.make()
      const open = Effect.map(dial({ host: "127.0.0.1", port }), ({ result }) => Result.getOrThrow(result))
      const [asked, unasked] = yield* Scope.provide(Effect.all([open, open]), scope)
      const { info } = asked
      assert.strictEqual(asked.info, info)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(asked.info, info)
      assert.strictEqual(info.remote?.port, port)
      assert.deepStrictEqual(unasked.info, { local: undefined, remote: info.remote, tls: undefined })
    })
  )

  it.live("addresses are tried one after another, in the resolver's order", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const { result, steps } = yield* dial({ host: "ws.test", port }, { "ws.test": ["::1", "127.0.0.1"] })
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(
        steps.slice(2).map(({ _tag, detail }) => [_tag, detail]),
        [
          ["Started", `[::1]:${port}`],
          ["Ended", `[::1]:${port}`],
          ["Started", `127.0.0.1:${port}`],
          ["Ended", `127.0.0.1:${port}`]
        ]
      )
      assert.include(["Refused", "Unreachable"], failureOf(steps[3]!))
      assert.isUndefined(failureOf(steps[5]!))
    })
  )

  it.live("an address that does not answer is not waited for: the next one is tried beside it, and it is closed", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      yield* deaf("127.0.0.2", port)
      const { result, steps } = yield* dial(
        { host: "ws.test", port, addresses: AddressOptions.make({ attemptDelay: Duration.millis(10) }) },
        { "ws.test": ["127.0.0.2", "127.0.0.1"] }
      )
      assert.strictEqual(Result.getOrThrow(result).info.remote?.address, "127.0.0.1")
      assert.deepStrictEqual(
        steps.slice(2).map((step) => [step._tag, step.detail, failureOf(step)]),
        [
          ["Started", `127.0.0.2:${port}`, undefined],
          ["Started", `127.0.0.1:${port}`, undefined],
          ["Ended", `127.0.0.1:${port}`, undefined],
          ["Ended", `127.0.0.2:${port}`, "overtaken"]
        ]
      )
    })
  )

  for (const [addresses, tried] of [
    [{}, ["127.0.0.1", "::1", "127.0.0.2"]],
    [{ family: 4 }, ["127.0.0.1", "127.0.0.2"]],
    [{ family: 6 }, ["::1"]],
    [{ firstFamily: 6 }, ["::1", "127.0.0.1", "127.0.0.2"]],
    [{ maxAddresses: 2 }, ["127.0.0.1", "::1"]],
    [{ localAddress: "127.0.0.3" }, ["127.0.0.1", "127.0.0.2"]]
  ] as const) {
    it.live(`which addresses are tried, in which order: ${JSON.stringify(addresses)}`, () =>
      Effect.gen(function* () {
        const port = yield* freePort
        const { steps } = yield* dial(
          { host: "ws.test", port, addresses: AddressOptions.make({ ...addresses, attemptDelay: "sequential" }) },
          { "ws.test": ["127.0.0.1", "127.0.0.2", "::1", "127.0.0.1"] }
        )
        const begun = steps.filter(({ _tag, stage }) => _tag === "Started" && stage === "tcp")
        const shown = tried.map((address) => (address === "::1" ? `[::1]:${port}` : `${address}:${port}`))
        assert.deepStrictEqual(
          begun.map(({ detail }) => detail),
          shown
        )
      })
    )
  }

  it.live("an IP version that the host has no address of is HostNotFound", () =>
    Effect.gen(function* () {
      for (const [host, lookups] of [
        ["ws.test", { "ws.test": ["127.0.0.1"] }],
        ["127.0.0.1", {}]
      ] as const) {
        const { result } = yield* dial({ host, port: 80, addresses: AddressOptions.make({ family: 6 }) }, lookups)
        const { message, reason } = failure(result)
        assert.deepInclude(reason, { _tag: "HostNotFound", host, family: 6 })
        assert.match(message, /No IPv6 address/)
      }
    })
  )

  it.live("localAddress and localPort are used; while they are taken, the next dial is Unreachable", () =>
    Effect.gen(function* () {
      const localPort = yield* freePort
      const { port } = yield* server()
      const addresses = AddressOptions.make({ localAddress: "127.0.0.9", localPort })
      const { result } = yield* dial({ host: "127.0.0.1", port, addresses })
      assert.deepStrictEqual(Result.getOrThrow(result).info.local, { address: "127.0.0.9", port: localPort })
      const again = failure((yield* dial({ host: "127.0.0.1", port, addresses })).result)
      assert.deepInclude(again.reason, { _tag: "Unreachable", code: "EADDRNOTAVAIL" })
      assert.match(again.message, /check localAddress and localPort/)
    })
  )

  it.live("a localPort on which somebody listens is Unreachable, with EADDRINUSE", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const addresses = AddressOptions.make({ localAddress: "127.0.0.1", localPort: port })
      const { message, reason } = failure((yield* dial({ host: "127.0.0.1", port, addresses })).result)
      assert.deepInclude(reason, { _tag: "Unreachable", code: "EADDRINUSE" })
      assert.match(message, /choose another localPort/)
    })
  )

  it.live("a localAddress that this machine does not have is Unreachable, with EADDRNOTAVAIL", () =>
    Effect.gen(function* () {
      const addresses = AddressOptions.make({ localAddress: "192.0.2.1" })
      const { message, reason } = failure((yield* dial({ host: "127.0.0.1", port: 80, addresses })).result)
      assert.deepInclude(reason, { _tag: "Unreachable", code: "EADDRNOTAVAIL" })
      assert.match(message, /check localAddress/)
    })
  )

  it.live("with a localPort, addresses are tried one after the other", () =>
    Effect.gen(function* () {
      const localPort = yield* freePort
      const { port } = yield* server()
      const { result, steps } = yield* dial(
        { host: "ws.test", port, addresses: AddressOptions.make({ localPort, attemptDelay: Duration.millis(10) }) },
        { "ws.test": ["127.0.0.2", "127.0.0.1"] }
      )
      assert.strictEqual(Result.getOrThrow(result).info.local?.port, localPort)
      assert.deepStrictEqual(
        steps.slice(2).map(({ _tag }) => _tag),
        ["Started", "Ended", "Started", "Ended"]
      )
    })
  )

  it.live("an IPv6 address with a zone is not looked up", () =>
    Effect.gen(function* () {
      const [step] = yield* interrupted({ host: "fe80::1%lo", port: 80 })
      assert.deepStrictEqual(step, { _tag: "Started", stage: "tcp", detail: "[fe80::1%lo]:80" })
    })
  )

  it.live("when no address answers, a refusal says more than an unreachable network", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const { result } = yield* dial({ host: "ws.test", port }, { "ws.test": ["255.255.255.255", "127.0.0.1"] })
      assert.deepInclude(failure(result).reason, { _tag: "Refused", address: `127.0.0.1:${port}` })
    })
  )

  it.live("a network that cannot be reached is Unreachable, with the address", () =>
    Effect.gen(function* () {
      const { result } = yield* dial({ host: "255.255.255.255", port: 80 })
      assert.deepInclude(failure(result).reason, { _tag: "Unreachable", address: "255.255.255.255:80" })
    })
  )

  for (const [host, answer, code] of [
    ["ws.test", "ENOTFOUND", "ENOTFOUND"],
    ["ws.test", "EAI_AGAIN", "EAI_AGAIN"],
    ["ws.test", [], "ENODATA"],
    ["ws.test", ["example.com", ""], "ENODATA"]
  ] as const) {
    it.live(`a name without an address is HostNotFound: ${JSON.stringify(answer)}`, () =>
      Effect.gen(function* () {
        const { result, steps } = yield* dial({ host, port: 80 }, { [host]: answer })
        assert.deepInclude(failure(result).reason, { _tag: "HostNotFound", host, code })
        assert.deepStrictEqual(steps.map(failureOf), [undefined, "HostNotFound"])
      })
    )
  }

  it.live("a resolver that knows thousands of addresses does not fill the message of the error with them", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const found = Array.from({ length: 5000 }, (_, i) => `127.1.${i >> 8}.${i & 255}`)
      const addresses = AddressOptions.make({ maxAddresses: 2 })
      const { steps } = yield* dial({ host: "ws.test", port, addresses }, { "ws.test": found })
      assert.deepInclude(steps[1], { stage: "dns", outcome: "127.1.0.0, 127.1.0.1 and 4998 more" })
    })
  )

  it.live("a name that the resolver does not accept is HostNotFound", () =>
    Effect.gen(function* () {
      const { result } = yield* dial({ host: "a\0b", port: 80 })
      assert.deepInclude(failure(result).reason, { _tag: "HostNotFound", host: "a\0b" })
    })
  )

  it.live("interruption during the lookup ends its step as interrupted", () =>
    Effect.gen(function* () {
      const steps = yield* interrupted({ host: "ws.test", port: 80 }, { "ws.test": "never" })
      assert.deepStrictEqual(steps.map(failureOf), [undefined, "interrupted"])
    })
  )

  it.live("nobody pulls: reading stops at the high-water mark", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* server()
      const stream = yield* open({ host: "127.0.0.1", port, report: () => {} })
      const socket = yield* accept
      const total = 32 * 1024 * 1024
      socket.write(Buffer.alloc(total))
      // The client's kernel is full when the server's has had no room for a while; pulls then show what Node holds.
      let pulled = 0
      let largest = 0
      while (pulled < total) {
        yield* turnsOfTheEventLoop(3)
        const bytes = (yield* stream.pull).reduce((sum, chunk) => sum + chunk.length, 0)
        largest = Math.max(largest, bytes)
        pulled += bytes
      }
      assert.strictEqual(pulled, total)
      assert.isAtMost(largest, 2 * 0x10000)
    })
  )
})

describe("a reset", () => {
  it.live("comes after the bytes that had arrived before it", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* server()
      const stream = yield* open({ host: "127.0.0.1", port, report: () => {} })
      const socket = (yield* accept) as Net.Socket
      socket.write(Uint8Array.of(1, 2))
      yield* turnsOfTheEventLoop(5)
      socket.resetAndDestroy()
      yield* turnsOfTheEventLoop(5)
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(9)]))
      assert.deepStrictEqual([...(yield* stream.pull)[0]], [1, 2])
      for (let i = 0; i < 2; i++) {
        const error = yield* Effect.flip(stream.pull)
        assert.deepInclude(error._tag === "TransportError" && error.reason, { _tag: "Reset", code: "ECONNRESET" })
      }
    })
  )
})

describe("a write that the kernel refuses", () => {
  it.live("is not flushed: the peer's reset has come, and was not read yet", () =>
    Effect.gen(function* () {
      const { accept, port } = yield* server()
      const stream = yield* open({ host: "127.0.0.1", port, report: () => {} })
      const socket = (yield* accept) as Net.Socket
      socket.resetAndDestroy()
      assert.isFalse(stream.writeUnsafe([Uint8Array.of(1)]))
      for (const waiting of [stream.flushed, stream.drained, stream.shutdown]) {
        const { reason } = yield* Effect.flip(waiting)
        assert.match(String(reason._tag === "Reset" && reason.code), /^(ECONNRESET|EPIPE)$/)
      }
    })
  )
})

describe("leaks", () => {
  it.live("200 connections that were opened and closed leave no handle and no listener", () =>
    leavesNothing(
      server(),
      Effect.fnUntraced(function* (port) {
        const stream = yield* Effect.scoped(
          Effect.gen(function* () {
            const stream = yield* open({ host: "127.0.0.1", port, report: () => {} })
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

  it.live("200 dials that were interrupted leave no handle", () =>
    leavesNothing(server(), (port) => interrupted({ host: "127.0.0.1", port }))
  )

  it.live("200 races that were interrupted leave no handle", () =>
    leavesNothing(
      Effect.tap(server(), ({ port }) => deaf("127.0.0.2", port)),
      Effect.fnUntraced(function* (port) {
        const addresses = AddressOptions.make({ attemptDelay: Duration.millis(10) })
        const lookups = { "ws.test": ["127.0.0.2", "127.0.0.1"] }
        const steps = yield* interrupted({ host: "ws.test", port, addresses }, lookups)
        assert.deepStrictEqual(steps.slice(2).map(failureOf), [undefined, "interrupted"])
      })
    )
  )

  it.live("a race that is won leaves the winner only", () =>
    leavesNothing(
      Effect.tap(server(), ({ port }) => deaf("127.0.0.2", port)),
      Effect.fnUntraced(function* (port) {
        const addresses = AddressOptions.make({ attemptDelay: Duration.millis(10) })
        const { result } = yield* dial({ host: "ws.test", port, addresses }, { "ws.test": ["127.0.0.2", "127.0.0.1"] })
        assert.strictEqual(Result.getOrThrow(result).info.remote?.address, "127.0.0.1")
      })
    )
  )

  it.live("200 dials that failed leave no handle", () =>
    leavesNothing(freePort.pipe(Effect.map((port) => ({ port }))), (port) =>
      Effect.flip(open({ host: "127.0.0.1", port, report: () => {} }))
    )
  )
})

describe("the scope of a dial", () => {
  it.live("knows nothing of dials that failed or were interrupted", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const scope = yield* Scope.make()
      for (let i = 0; i < 20; i++) {
        yield* Effect.flip(Scope.provide(open({ host: "127.0.0.1", port, report: () => {} }), scope))
        yield* Scope.provide(interrupted({ host: "127.0.0.1", port }), scope)
      }
      assert.strictEqual(scope.state._tag, "Empty")
    })
  )

  it.live("is closed already: the dial fails, and connects to nobody", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const scope = yield* Scope.make()
      yield* Scope.close(scope, Exit.void)
      const { made } = yield* clientSockets
      for (const tls of [undefined, TlsOptions.make({})]) {
        const dialling = open({ host: "127.0.0.1", port, report: () => {}, ...(tls && { tls }) })
        const { reason } = yield* Effect.flip(Scope.provide(dialling, scope))
        assert.deepStrictEqual(reason, new Reset({}))
      }
      assert.deepStrictEqual(made, [])
    })
  )

  it.live("closes while the dial connects: it fails once it is connected, with or without TLS", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const { made } = yield* clientSockets
      for (const tls of [undefined, TlsOptions.make({})]) {
        const scope = yield* Scope.make()
        const dialling = open({ host: "127.0.0.1", port, report: () => {}, ...(tls && { tls }) })
        const fiber = yield* Effect.forkChild(Effect.flip(Scope.provide(dialling, scope)), { startImmediately: true })
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual((yield* Fiber.join(fiber)).reason, new Reset({}))
      }
      assert.deepStrictEqual(
        made.map(({ destroyed }) => destroyed),
        [true, true]
      )
    })
  )

  it.live("owns the socket wherever the dial gives way to others and is interrupted there", () =>
    Effect.gen(function* () {
      const { port } = yield* server()
      const { made } = yield* clientSockets
      let scheduler: GivesWayAt
      let step = 0
      do {
        step += 1
        scheduler = new GivesWayAt(step)
        const dialling = Effect.scoped(open({ host: "127.0.0.1", port, report: () => {} })).pipe(
          Effect.provideService(Scheduler.Scheduler, scheduler)
        )
        const fiber = yield* Effect.forkChild(dialling, { startImmediately: true })
        scheduler.onGivenWay = () => fiber.interruptUnsafe()
        yield* Fiber.await(fiber)
        assert.isTrue(made.at(-1)?.destroyed ?? true, `step ${step}`)
      } while (scheduler.hasGivenWay)
      // Not only before the socket was made.
      assert.isAbove(made.length, 5)
    })
  )
})

/** The sockets that this process connects with, as long as the scope is open. */
const clientSockets = Effect.gen(function* () {
  const made: Array<Net.Socket> = []
  const add = (message: unknown) => made.push((message as { readonly socket: Net.Socket }).socket)
  yield* Effect.acquireRelease(
    Effect.sync(() => subscribe("net.client.socket", add)),
    () => Effect.sync(() => unsubscribe("net.client.socket", add))
  )
  return { made }
})

type Lookups = Record<string, ReadonlyArray<string> | "ENOTFOUND" | "EAI_AGAIN" | "never">

const server = () => Effect.suspend(() => listen(Net.createServer({ allowHalfOpen: true })))

const open = (target: Target) =>
  Transport.use((transport) => transport.open(target)).pipe(Effect.provide(Transport.layer))

const dial = Effect.fnUntraced(function* (target: Omit<Target, "report">, lookups: Lookups = {}) {
  const steps: Array<DialStep> = []
  const result = yield* open({ ...target, report: (step) => steps.push(step) }).pipe(
    Effect.provideService(Resolver.Resolver, knowing(lookups)),
    Effect.result
  )
  return { result, steps }
})

const interrupted = Effect.fnUntraced(function* (target: Omit<Target, "report">, lookups: Lookups = {}) {
  const steps: Array<DialStep> = []
  const opening = yield* open({ ...target, report: (step) => steps.push(step) }).pipe(
    Effect.provideService(Resolver.Resolver, knowing(lookups)),
    Effect.forkChild({ startImmediately: true })
  )
  yield* Fiber.interrupt(opening)
  return steps
})

/** A resolver that knows these names; a text is the code that it fails with. */
const knowing = (lookups: Lookups): Resolver.Resolver => ({
  lookup: (host, family) => {
    const answer = lookups[host]
    if (answer === undefined) return Resolver.system.lookup(host, family)
    if (answer === "never") return Effect.never
    return typeof answer === "string" ? Effect.fail(new HostNotFound({ host, code: answer })) : Effect.succeed(answer)
  }
})

/** A port on which nothing listens. */
const freePort = Effect.scoped(Effect.map(server(), ({ port }) => port))

const failure = (result: Result.Result<unknown, TransportError>): TransportError =>
  Result.isFailure(result) ? result.failure : assert.fail("it did not fail")

const failureOf = (step: DialStep) => {
  const failure = step._tag === "Ended" ? step.failure : undefined
  return typeof failure === "object" ? failure._tag : failure
}
