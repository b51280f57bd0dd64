/** A tunnel through one proxy as a hop, over the network in memory: what passes, what fails, and what is told of it. */
import { assert, describe, it } from "@effect/vitest"
import { AddressOptions, type DialStep, Resolver, Transport, type TransportError } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { through } from "../../src/internal/proxy/Through.ts"
import { pullBytes } from "../pairs/Pair.ts"
import { server } from "./conversation.ts"

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))

/** A tunnel on its way through a proxy that the test plays. */
const tunnelling = Effect.fnUntraced(function* (
  scheme = "http",
  host = "example.com",
  hosts = {},
  addresses = AddressOptions.make({})
) {
  const network = yield* MemoryTransport.make()
  const steps: Array<DialStep> = []
  const report = (step: DialStep) => void steps.push(step)
  const scope = yield* Scope.fork(yield* Effect.scope)
  const opening = yield* Transport.use(({ open }) => open({ host: "proxy.test", port: 1080, report: () => {} })).pipe(
    Effect.flatMap(through({ server: server(scheme), hop: 1, to: { host, port: 443, addresses, report } })),
    Effect.provide([network.layer, Resolver.layerHosts(hosts)]),
    Scope.provide(scope),
    Effect.forkChild
  )
  const proxy = yield* network.accept
  return {
    opening,
    proxy,
    steps,
    heard: Effect.map(Effect.orDie(proxy.take), (bytes) => Buffer.from(bytes).toString("latin1"))
  }
})

const failureOf = (opening: Fiber.Fiber<unknown, TransportError>) =>
  Effect.map(Effect.flip(Fiber.join(opening)), ({ reason }) => {
    if (reason._tag !== "ProxyFailed") return assert.fail(reason.message)
    const { message, stack, ...fields } = reason
    return { ...fields }
  })

const granted = "HTTP/1.1 200 Connection established\r\n\r\n"

describe("a tunnel", () => {
  it.effect("carries both ways, and tells of its step", () =>
    Effect.gen(function* () {
      const { heard, opening, proxy, steps } = yield* tunnelling()
      assert.strictEqual(yield* heard, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
      proxy.send(latin1(granted))
      const stream = yield* Fiber.join(opening)
      stream.writeUnsafe([latin1("up")])
      assert.strictEqual(yield* heard, "up")
      proxy.send(latin1("down"))
      assert.strictEqual(Buffer.from(yield* pullBytes(stream.pull, 4)).toString(), "down")
      const told = { stage: "proxy", detail: "http://proxy.test:1080 to example.com:443" } as const
      assert.deepStrictEqual(steps, [
        { _tag: "Started", ...told },
        { _tag: "Ended", ...told, outcome: "200 Connection established", failure: undefined }
      ])
    })
  )

  it.effect("S22: bytes behind the answer are the tunnel's first, however they are cut", () =>
    Effect.gen(function* () {
      const bytes = latin1(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nwelcome`)
      for (let cut = 1; cut < bytes.length; cut++) {
        const { opening, proxy } = yield* tunnelling()
        proxy.send(bytes, [cut])
        const stream = yield* Fiber.join(opening)
        assert.strictEqual(Buffer.from(yield* pullBytes(stream.pull, 7)).toString(), "welcome", `cut at ${cut}`)
        proxy.send(latin1(" on"))
        assert.strictEqual(Buffer.from(yield* pullBytes(stream.pull, 3)).toString(), " on", `cut at ${cut}`)
      }
    })
  )

  it.effect("chunks of one read that come behind the answer are all kept, in order", () =>
    Effect.gen(function* () {
      const { opening, proxy } = yield* tunnelling()
      proxy.sendTogether([latin1(granted.slice(0, 9)), latin1(`${granted.slice(9)}a`), latin1("b"), latin1("c")])
      const stream = yield* Fiber.join(opening)
      assert.strictEqual(Buffer.from(yield* pullBytes(stream.pull, 3)).toString(), "abc")
    })
  )

  it.effect("S17: a request that the proxy is slow to take leaves it whole, with all that follows", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make({ highWaterMark: 16 })
      const big = "x".repeat(100_000)
      const via = server("http", undefined, [["X-Big", big]])
      const opening = yield* Transport.use(({ open }) =>
        open({ host: "proxy.test", port: 1080, report: () => {} })
      ).pipe(
        Effect.flatMap(through({ server: via, hop: 1, to: { host: "example.com", port: 443, report: () => {} } })),
        Effect.provide(network.layer),
        Effect.forkChild
      )
      const { accept } = yield* network.dial
      const proxy = accept()
      proxy.stall()
      for (let taken = 0; taken < 101_000; taken += 7_001) proxy.admit(7_001)
      const expected = `CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nX-Big: ${big}\r\n\r\n`
      while (proxy.written().length < expected.length) yield* Effect.orDie(proxy.take)
      assert.strictEqual(Buffer.from(proxy.written()).toString(), expected)
      proxy.send(latin1(granted))
      const stream = yield* Fiber.join(opening)
      stream.writeUnsafe([latin1("up")])
      proxy.resume()
      yield* stream.flushed
      assert.strictEqual(Buffer.from(proxy.written()).toString(), `${expected}up`)
    })
  )
})

describe("names", () => {
  const address = "05 00 05 00 00 01 7f000001 0050".replaceAll(" ", "")

  it.effect("socks5 looks them up here, as a step of its own", () =>
    Effect.gen(function* () {
      const { heard, opening, proxy, steps } = yield* tunnelling("socks5", "ws.test", {
        "ws.test": ["2001:db8::1", "192.0.2.1"]
      })
      proxy.send(Buffer.from(address, "hex"))
      yield* Fiber.join(opening)
      yield* heard
      assert.include(Buffer.from(proxy.written()).toString("hex"), "0501000420010db8000000000000000000000001")
      assert.deepStrictEqual(
        steps.map(({ detail, stage }) => `${stage} ${detail}`),
        ["dns ws.test", "dns ws.test", ...Array(2).fill("proxy socks5://proxy.test:1080 to [2001:db8::1]:443")]
      )
    })
  )

  it.effect("socks5 asks for an address of the version that is to be tried first", () =>
    Effect.gen(function* () {
      const hosts = { "ws.test": ["2001:db8::1", "192.0.2.1"] }
      const first = AddressOptions.make({ firstFamily: 4 })
      const { opening, proxy } = yield* tunnelling("socks5", "ws.test", hosts, first)
      proxy.send(Buffer.from(address, "hex"))
      yield* Fiber.join(opening)
      assert.include(Buffer.from(proxy.written()).toString("hex"), "05010001c000020101bb")
    })
  )

  it.effect("socks4 looks them up here, IPv4 alone", () =>
    Effect.gen(function* () {
      const { opening, proxy } = yield* tunnelling("socks4", "ws.test", { "ws.test": ["2001:db8::1", "192.0.2.1"] })
      proxy.send(Buffer.from("005a000000000000", "hex"))
      yield* Fiber.join(opening)
      assert.strictEqual(Buffer.from(proxy.written()).toString("hex"), "040101bbc000020100")
    })
  )

  it.effect("one that is not found fails as it would without a proxy", () =>
    Effect.gen(function* () {
      const { opening, proxy } = yield* tunnelling("socks4", "ws.test", { "ws.test": ["2001:db8::1"] })
      const { reason } = yield* Effect.flip(Fiber.join(opening))
      assert.deepInclude(reason, { _tag: "HostNotFound", host: "ws.test", family: 4 })
      assert.strictEqual(proxy.written().length, 0)
    })
  )

  for (const scheme of ["http", "https", "socks4a", "socks5h"]) {
    it.effect(`${scheme} leaves them to the proxy`, () =>
      Effect.gen(function* () {
        const { heard } = yield* tunnelling(scheme, "ws.test", { "ws.test": [] })
        if (scheme.startsWith("http")) assert.include(yield* heard, "CONNECT ws.test:443")
        else assert.isDefined(yield* heard)
      })
    )
  }
})

describe("no tunnel", () => {
  const about = { _tag: "ProxyFailed", proxy: "http://proxy.test:1080", hop: 1, to: "example.com:443" } as const

  it.effect("a refusal is told with the status, and in the step", () =>
    Effect.gen(function* () {
      const { opening, proxy, steps } = yield* tunnelling()
      proxy.send(latin1("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n<html>"))
      assert.deepInclude(yield* failureOf(opening), {
        ...about,
        problem: "refused",
        status: 403,
        detail: "It said 403 Forbidden"
      })
      const { failure } = steps[1] as Extract<DialStep, { readonly _tag: "Ended" }>
      assert(typeof failure === "object")
      assert.strictEqual(failure._tag, "ProxyFailed")
    })
  )

  it.effect("the proxy ends the connection before it answered, wherever in the answer", () =>
    Effect.gen(function* () {
      for (let length = 0; length < granted.length; length++) {
        const { opening, proxy } = yield* tunnelling()
        proxy.send(latin1(granted.slice(0, length)))
        proxy.end()
        assert.deepInclude(yield* failureOf(opening), { ...about, problem: "ended", detail: "" })
      }
    })
  )

  it.effect("the connection breaks before there was an answer", () =>
    Effect.gen(function* () {
      const { opening, proxy } = yield* tunnelling()
      proxy.reset("EPIPE")
      const failure = yield* failureOf(opening)
      assert.deepInclude(failure, { ...about, problem: "ended" })
      assert.include(failure.detail, "EPIPE")
    })
  )

  it.effect("what the request cannot say is not sent", () =>
    Effect.gen(function* () {
      const { opening, proxy } = yield* tunnelling("socks5h", "x".repeat(256))
      assert.deepInclude(yield* failureOf(opening), { problem: "address type not supported" })
      assert.strictEqual(proxy.written().length, 0)
    })
  )

  it.effect("an interrupted wait is told as one", () =>
    Effect.gen(function* () {
      const { heard, opening, steps } = yield* tunnelling()
      yield* heard
      yield* Fiber.interrupt(opening)
      assert.deepInclude(steps[1], { _tag: "Ended", stage: "proxy", failure: "interrupted" })
    })
  )
})
