/** Spans of a dial: one for connecting, one for each stage, with the names of OpenTelemetry's conventions. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Resolver, Transport } from "@effect-websocket/transport"
import { Certificate, ProxyListener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { dialling, failureOf } from "./dialling.ts"

/** Runs with a tracer of its own; answers the spans in the order in which they began. */
const spansOf = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  yield* Effect.provideService(Effect.scoped(effect), Tracer.Tracer, tracer)
  return spans
})

const shownOf = (spans: ReadonlyArray<Tracer.NativeSpan>) =>
  spans.map((span) => {
    const { status } = span
    return {
      name: span.name,
      parent: Option.getOrUndefined(Option.map(span.parent, (parent) => (parent._tag === "Span" ? parent.name : ""))),
      result: status._tag === "Ended" ? status.exit._tag : status._tag,
      attributes: Object.fromEntries(span.attributes)
    }
  })

describe("spans", () => {
  it.live("names, TCP, TLS and the upgrade, below connecting, with what they came to", () =>
    Effect.gen(function* () {
      const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
      const tls = Certificate.make({ names: ["chat.test"], issuer: authority })
      const { port } = yield* Server.serve(ServerPeer.echo, { tls })
      const connecting = WebSocket.connect(`wss://user:secret@chat.test:${port}/a?token=secret`, {
        tls: { ca: authority.cert },
        headers: { "X-Token": Redacted.make("secret") }
      })
      const dialled = connecting.pipe(
        Effect.andThen((socket) => socket.close()),
        Effect.provideService(Resolver.Resolver, { lookup: () => Effect.succeed(["127.0.0.1"]) })
      )
      const spans = shownOf(yield* spansOf(dialled)).filter(({ name }) => name !== "WebSocket.close")
      assert.deepStrictEqual(
        spans.map(({ name, parent, result }) => [name, parent, result]),
        [
          ["WebSocket.connect", undefined, "Success"],
          ["WebSocket.dns", "WebSocket.connect", "Success"],
          ["WebSocket.tcp", "WebSocket.connect", "Success"],
          ["WebSocket.tls", "WebSocket.connect", "Success"],
          ["WebSocket.upgrade", "WebSocket.connect", "Success"]
        ]
      )
      const [connect, dns, tcp, secured, upgrade] = spans.map(({ attributes }) => attributes)
      const server = { "server.address": "chat.test", "server.port": port }
      const url = `wss://chat.test:${port}/a`
      assert.deepInclude(connect, { ...server, "url.full": url, "network.protocol.name": "websocket" })
      assert.deepStrictEqual(dns, { "dns.question.name": "chat.test", "dns.answers": ["127.0.0.1"] })
      assert.deepStrictEqual(tcp, {
        "network.transport": "tcp",
        "network.type": "ipv4",
        "network.peer.address": "127.0.0.1",
        "network.peer.port": port
      })
      assert.deepInclude(secured, {
        "tls.client.server_name": "chat.test",
        "tls.established": true,
        "tls.protocol.name": "tls",
        "tls.protocol.version": "1.3"
      })
      assert.deepStrictEqual(upgrade, {
        ...server,
        "http.request.method": "GET",
        "url.full": url,
        "url.scheme": "wss",
        "http.response.status_code": 101
      })
      assert.notInclude(JSON.stringify(spans), "secret", "S18")
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("a stage that failed says why", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(Server.serve(ServerPeer.echo))
      const spans = shownOf(yield* spansOf(Effect.flip(WebSocket.connect(`ws://127.0.0.1:${port}/`))))
      assert.deepStrictEqual(
        spans.map(({ name, result, attributes }) => [name, result, attributes["error.type"]]),
        [
          ["WebSocket.connect", "Failure", "Refused"],
          ["WebSocket.tcp", "Failure", "Refused"]
        ]
      )
    }).pipe(Effect.provide(Transport.layer))
  )

  const lookup = (lookup: Effect.Effect<never>) => Effect.provideService(Resolver.Resolver, { lookup: () => lookup })
  const ends: Record<string, readonly [error: string, dial: Effect.Effect<unknown, unknown, Transport | Scope.Scope>]> =
    {
      "an interruption": [
        "interrupted",
        WebSocket.connect("ws://a.test/").pipe(lookup(Effect.never), Effect.timeout("1 milli"))
      ],
      "a defect": ["died", WebSocket.connect("ws://a.test/").pipe(lookup(Effect.die("a bug")))]
    }
  for (const [name, [error, dial]] of Object.entries(ends)) {
    it.live(`${name} ends the stage and connecting, and both say so`, () =>
      Effect.gen(function* () {
        const spans = shownOf(yield* spansOf(Effect.exit(dial)))
        assert.deepStrictEqual(
          spans.map(({ name, result, attributes }) => [name, result, attributes["error.type"]]),
          [
            ["WebSocket.connect", "Failure", error],
            ["WebSocket.dns", "Failure", error]
          ]
        )
      }).pipe(Effect.provide(Transport.layer))
    )
  }

  it.live("a proxy is named by its host and port, and an address is no server name for TLS", () =>
    Effect.gen(function* () {
      const tls = Certificate.make({ names: ["127.0.0.1"] })
      const { port } = yield* Server.serve(ServerPeer.echo, { tls })
      const proxy = yield* ProxyListener.make({ kind: "http" })
      const connecting = WebSocket.connect(`wss://127.0.0.1:${port}/`, { proxy: proxy.url, tls: { ca: tls.cert } })
      const [, , tunnel, secured] = shownOf(yield* spansOf(connecting))
      assert.deepInclude(tunnel, {
        name: "WebSocket.proxy",
        attributes: { "server.address": "127.0.0.1", "server.port": proxy.port }
      })
      assert.strictEqual(secured?.name, "WebSocket.tls")
      assert.notProperty(secured?.attributes, "tls.client.server_name")
    }).pipe(Effect.provide(Transport.layer))
  )

  it.effect("one upgrade for each redirect; a refusal is an answer", () =>
    Effect.gen(function* () {
      const refused = Effect.gen(function* () {
        const { connecting, network } = yield* dialling({ redirects: { limit: 1 } }, "ws://a.test/")
        const head = "Location: /b?secret\r\nContent-Length: 0\r\n\r\n"
        yield* ServerPeer.answer(yield* network.accept, `HTTP/1.1 302 A\r\n${head}`)
        yield* ServerPeer.answer(yield* network.accept, `HTTP/1.1 403 B\r\n${head}`)
        yield* failureOf(connecting)
      })
      const upgrades = shownOf(yield* spansOf(refused)).filter(({ name }) => name === "WebSocket.upgrade")
      assert.deepStrictEqual(
        upgrades.map(({ attributes }) => [
          attributes["url.full"],
          attributes["http.response.status_code"],
          attributes["error.type"]
        ]),
        [
          ["ws://a.test/", 302, undefined],
          ["ws://a.test/b", 403, "403"]
        ]
      )
    })
  )
})
