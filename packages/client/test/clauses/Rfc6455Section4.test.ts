/** RFC 6455 §4, Opening Handshake: what a client must send, and which answers it must not take. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Refused, TlsFailed, Transport, type TransportReason } from "@effect-websocket/transport"
import { MemoryTransport } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { settle, start } from "../harness.ts"
import { accepts, dialled, head } from "./wire.ts"

const [, upgrade, connection, accept] = accepts as [string, string, string, string]
const switching = "HTTP/1.1 101 Switching Protocols"

/** What a request says, by header. */
const headersOf = (request: string) =>
  request
    .split("\r\n")
    .slice(1, -2)
    .map((line) => line.split(": ", 2) as [string, string])

const sends = (clause: string, url: string, options: ConnectOptions, expected: RegExp) =>
  it.effect(`${clause}: ${url} ${JSON.stringify(options)}`, () =>
    Effect.gen(function* () {
      assert.match((yield* dialled(options, url)).request, expected)
    })
  )

const refuses = (clause: string, lines: ReadonlyArray<string>, check: string, options?: ConnectOptions) =>
  it.effect(`${clause}: ${lines.slice(1).join(" | ") || lines[0]}`, () =>
    Effect.gen(function* () {
      const { connecting, wire } = yield* dialled(options)
      wire.send(head(lines))
      const { reason } = yield* Effect.flip(Fiber.join(connecting))
      assert.deepInclude(reason, { _tag: "HandshakeInvalid", check })
      assert.isTrue(wire.isDestroyed())
    })
  )

const opens = (clause: string, lines: ReadonlyArray<string>, options?: ConnectOptions) =>
  it.effect(`${clause}: ${lines.join(" | ")}`, () =>
    Effect.gen(function* () {
      const { connecting, wire } = yield* dialled(options)
      wire.send(head(lines))
      assert.strictEqual((yield* Fiber.join(connecting)).response.status, 101)
    })
  )

describe("§4.1: if any of the components of the URI are invalid, a client MUST fail the connection", () => {
  for (const url of ["http://server.test/", "ws://", "ws://server.test:65536/", "ws://server.test/#fragment"]) {
    it.effect(url, () =>
      Effect.gen(function* () {
        const never = Layer.succeed(Transport, { open: () => Effect.die("it was dialled") })
        const error = yield* WebSocket.connect(url).pipe(Effect.scoped, Effect.provide(never), Effect.flip)
        assert.strictEqual(error.reason._tag, "InvalidUrl")
      })
    )
  }
})

describe("§4.1: if the connection could not be opened, a client MUST fail and abort the connection attempt", () => {
  const rows: ReadonlyArray<readonly [url: string, reason: TransportReason]> = [
    ["ws://server.test/", new Refused({ address: "192.0.2.1" })],
    ["wss://server.test/", new TlsFailed({ problem: "expired", detail: "CERT_HAS_EXPIRED" })]
  ]
  for (const [url, reason] of rows) {
    it.effect(`${url}, ${reason._tag}`, () =>
      Effect.gen(function* () {
        const network = yield* MemoryTransport.make()
        const connecting = yield* start(
          Effect.flip(Effect.scoped(WebSocket.connect(url))).pipe(Effect.provide(network.layer))
        )
        yield* network.refuse(reason)
        assert.strictEqual((yield* Fiber.join(connecting)).reason._tag, reason._tag)
      })
    )
  }
})

it.effect("§4.1: if secure is true, the client MUST perform a TLS handshake before sending the handshake data", () =>
  Effect.gen(function* () {
    const { wire } = yield* dialled({}, "wss://server.test/")
    assert.deepInclude(wire.target, { host: "server.test", port: 443 })
    assert.deepInclude(wire.target.tls, { verify: "full" })
  })
)

describe("§4.1: once a connection is established, the client MUST send an opening handshake", () => {
  sends("it MUST be a valid HTTP request", "ws://server.test/", {}, /^[^\r\n]+\r\n([\w-]+: [^\r\n]+\r\n)+\r\n$/)
  sends("the method MUST be GET, the version at least 1.1", "ws://server.test/", {}, /^GET \S+ HTTP\/1\.1\r\n/)
  for (const [url, resourceName] of [
    ["ws://server.test", "/"],
    ["ws://server.test/chat", "/chat"],
    ["ws://server.test?a=b", "/?a=b"],
    ["ws://server.test:99/a%20b/c?d=e&f", "/a%20b/c?d=e&f"]
  ] as const) {
    it.effect(`the Request-URI MUST match the resource name: ${url}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* dialled({}, url)).request.split(" ")[1], resourceName)
      })
    )
  }
  const host = "it MUST contain Host, with the port where it is not the default"
  sends(host, "ws://server.test/", {}, /\r\nHost: server\.test\r\n/)
  sends(host, "ws://server.test:80/", {}, /\r\nHost: server\.test\r\n/)
  sends(host, "wss://server.test:443/", {}, /\r\nHost: server\.test\r\n/)
  sends(host, "wss://server.test:80/", {}, /\r\nHost: server\.test:80\r\n/)
  sends(host, "ws://[::1]:8080/", {}, /\r\nHost: \[::1\]:8080\r\n/)
  sends("it MUST contain Upgrade with websocket", "ws://server.test/", {}, /\r\nUpgrade: websocket\r\n/)
  sends("it MUST contain Connection with Upgrade", "ws://server.test/", {}, /\r\nConnection: Upgrade\r\n/)
  sends("Sec-WebSocket-Version MUST be 13", "ws://server.test/", {}, /\r\nSec-WebSocket-Version: 13\r\n/)
  sends(
    "Sec-WebSocket-Key MUST be a nonce of 16 bytes, base64-encoded",
    "ws://server.test/",
    {},
    /\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n/
  )
  sends(
    "the subprotocols, by preference, are a comma-separated list",
    "ws://server.test/",
    { subprotocols: ["v2", "v1"] },
    /\r\nSec-WebSocket-Protocol: v2, v1\r\n/
  )

  it.effect("the nonce MUST be selected randomly for each connection", () =>
    Effect.gen(function* () {
      const network = yield* MemoryTransport.make()
      const keys = new Set<string>()
      for (let n = 0; n < 20; n++) {
        yield* start(Effect.scoped(WebSocket.connect("ws://server.test/")).pipe(Effect.provide(network.layer)))
        const wire = yield* network.accept
        const request = Buffer.from(yield* wire.take).toString("latin1")
        keys.add(/\r\nSec-WebSocket-Key: ([A-Za-z0-9+/]{21}[AQgw]==)\r\n/.exec(request)![1]!)
      }
      assert.strictEqual(keys.size, 20)
    })
  )

  it.effect("each of its headers appears once", () =>
    Effect.gen(function* () {
      const { request } = yield* dialled({ subprotocols: ["a", "b"], origin: "http://a.test", userAgent: "test" })
      const names = headersOf(request).map(([name]) => name.toLowerCase())
      assert.strictEqual(new Set(names).size, names.length)
    })
  )

  for (const subprotocols of [[""], ["a b"], ["a,b"], ["a", "a"], ["ü"]]) {
    it.effect(`subprotocols MUST be unique, non-empty tokens: ${JSON.stringify(subprotocols)}`, () =>
      Effect.gen(function* () {
        const never = Layer.succeed(Transport, { open: () => Effect.die("it was dialled") })
        const connecting = WebSocket.connect("ws://server.test/", { subprotocols })
        const error = yield* connecting.pipe(Effect.scoped, Effect.provide(never), Effect.flip)
        assert.strictEqual(error.reason._tag, "InvalidOptions")
      })
    )
  }

  it.effect("then the client MUST wait for a response before sending any further data", () =>
    Effect.gen(function* () {
      const { connecting, request, wire } = yield* dialled()
      wire.send(head(accepts).subarray(0, -1))
      yield* settle
      assert.strictEqual(wire.written().length, request.length)
      assert.isUndefined(connecting.pollUnsafe())
    })
  )
})

describe("§4.1: the client MUST validate the server's response", () => {
  for (const status of ["401 Unauthorized", "302 Found", "426 Upgrade Required", "200 OK"]) {
    it.effect(`with another status than 101, HTTP says what it means: ${status}`, () =>
      Effect.gen(function* () {
        const { connecting, wire } = yield* dialled()
        wire.send(head([`HTTP/1.1 ${status}`, ...accepts.slice(1), "Content-Length: 0"]))
        const { reason } = yield* Effect.flip(Fiber.join(connecting))
        assert.deepInclude(reason, { _tag: "HandshakeRejected", status: Number(status.slice(0, 3)) })
      })
    )
  }

  const upgrades = "without Upgrade: websocket the client MUST fail the connection"
  refuses(upgrades, [switching, connection, accept], "Upgrade")
  refuses(upgrades, [switching, "Upgrade: h2c", connection, accept], "Upgrade")
  refuses(upgrades, [switching, "Upgrade: websockets", connection, accept], "Upgrade")
  opens("Upgrade is compared without case", [switching, "Upgrade: WebSocket", connection, accept])

  const connections = "without Connection: Upgrade the client MUST fail the connection"
  refuses(connections, [switching, upgrade, accept], "Connection")
  refuses(connections, [switching, upgrade, "Connection: close", accept], "Connection")
  refuses(connections, [switching, upgrade, "Connection: upgraded", accept], "Connection")
  opens("Connection is a list of tokens, compared without case", [
    switching,
    upgrade,
    "Connection: keep-alive, UPGRADE",
    accept
  ])

  const accepted = "without the Sec-WebSocket-Accept of the key the client MUST fail the connection"
  const line = (value: string) => `Sec-WebSocket-Accept: ${value}`
  refuses(accepted, [switching, upgrade, connection], "AcceptMissing")
  refuses(accepted, [switching, upgrade, connection, line("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")], "AcceptMismatch")
  refuses(accepted, [switching, upgrade, connection, accept.toLowerCase()], "AcceptMismatch")
  refuses(accepted, [switching, upgrade, connection, accept.slice(0, -1)], "AcceptMismatch")
  refuses(accepted, [...accepts, accept], "AcceptRepeated")
  opens("leading and trailing whitespace of Sec-WebSocket-Accept is ignored", [
    switching,
    upgrade,
    connection,
    `Sec-WebSocket-Accept:\t ${accept.slice(22)} \t`
  ])

  const extension = "on an extension that was not requested the client MUST fail the connection"
  const extensions = (value: string) => [...accepts, `Sec-WebSocket-Extensions: ${value}`]
  refuses(extension, extensions("x-unknown"), "ExtensionNotOffered")
  refuses(extension, extensions("permessage-deflate"), "ExtensionNotOffered", { compression: false })
  refuses(extension, extensions("permessage-deflate, x-unknown"), "ExtensionNotOffered")

  const subprotocol = "on a subprotocol that was not requested the client MUST fail the connection"
  const chooses = (value: string) => [...accepts, `Sec-WebSocket-Protocol: ${value}`]
  refuses(subprotocol, chooses("v1"), "SubprotocolNotOffered")
  refuses(subprotocol, chooses("v3"), "SubprotocolNotOffered", { subprotocols: ["v1", "v2"] })
  refuses(subprotocol, chooses("V1"), "SubprotocolNotOffered", { subprotocols: ["v1", "v2"] })
  refuses(subprotocol, chooses("v1, v2"), "SubprotocolNotOffered", { subprotocols: ["v1", "v2"] })
  opens("the server may choose one that was requested", chooses("v2"), { subprotocols: ["v1", "v2"] })
  opens("the server may choose none", accepts, { subprotocols: ["v1", "v2"] })
})

describe("§4.1: if the response does not conform to §4.2.2 the client MUST fail the connection", () => {
  refuses("the status line is HTTP/1.1", ["HTTP/1.0 101 Switching Protocols", ...accepts.slice(1)], "HttpVersion")
  refuses("the status line is HTTP's", ["ICY 101 OK", ...accepts.slice(1)], "StatusLine")
  refuses("the empty string is no subprotocol", [...accepts, "Sec-WebSocket-Protocol:"], "SubprotocolNotOffered", {
    subprotocols: ["v1"]
  })
  refuses(
    "Sec-WebSocket-Protocol appears at most once",
    [...accepts, "Sec-WebSocket-Protocol: v1", "Sec-WebSocket-Protocol: v2"],
    "SubprotocolRepeated",
    { subprotocols: ["v1", "v2"] }
  )
  refuses(
    "Sec-WebSocket-Extensions follows the grammar of §9.1",
    [...accepts, "Sec-WebSocket-Extensions: permessage-deflate; =1"],
    "ExtensionMalformed"
  )
  opens(
    "header field names are compared without case",
    accepts.map((line) => line.replace(/^[A-Za-z-]+:/, (name) => name.toUpperCase()))
  )
})
