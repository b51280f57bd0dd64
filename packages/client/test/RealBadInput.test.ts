/**
 * Everything that can be wrong before there is a connection, over real sockets: each is its own typed error that says
 * what was tried, within the deadline, and leaves no socket, no timer and no fiber.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, type ConnectReason, InvalidMessage, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { leavesNothing } from "./left.ts"

interface Row {
  /** What is dialled: made in the scope of the test. */
  readonly url: Effect.Effect<string, never, Scope.Scope> | string
  readonly options?: ConnectOptions
  readonly reason: ConnectReason["_tag"]
  readonly fields?: Readonly<Record<string, unknown>>
  readonly says: RegExp
  /** The stages that were tried, and whether each failed. */
  readonly steps?: ReadonlyArray<string>
}

const rows = (title: string, table: Readonly<Record<string, Row>>) =>
  describe(title, () => {
    for (const [input, { fields = {}, options, reason, says, steps = [], url }] of Object.entries(table)) {
      it.live(input, () =>
        leavesNothing(
          Effect.gen(function* () {
            const dialled = typeof url === "string" ? url : yield* url
            const error = yield* Effect.flip(WebSocket.connect(dialled, options))
            assert.deepInclude(error.reason, { _tag: reason, ...fields })
            assert.match(error.message, says)
            assert.deepStrictEqual(
              error.steps.map(({ failure, stage }) => (failure === undefined ? stage : `${stage} failed`)),
              steps
            )
          })
        ).pipe(Effect.provide(Transport.layer))
      )
    }
  })

rows("an invalid URL", {
  "one that does not parse": { url: "nonsense", reason: "InvalidUrl", says: /The URL nonsense cannot be dialled/ },
  "another scheme": { url: "ftp://a.test/", reason: "InvalidUrl", says: /ftp: is not ws: or wss:/ },
  "no host": { url: "ws://", reason: "InvalidUrl", says: /does not parse/ },
  "a port out of range": { url: "ws://a.test:65536/", reason: "InvalidUrl", says: /does not parse/ },
  "port zero": { url: "ws://a.test:0/", reason: "InvalidUrl", says: /port/ },
  "credentials that Basic authentication cannot carry, which are not shown": {
    url: "ws://ann%3A:secret@a.test/",
    reason: "InvalidUrl",
    fields: { url: "ws://a.test/" },
    says: /colon.*option headers/
  },
  "a fragment": { url: "ws://a.test/#top", reason: "InvalidUrl", says: /no fragment/ }
})

const rejectsOption = (options: ConnectOptions, says: RegExp): Row => ({
  url: "ws://127.0.0.1:9/",
  options,
  reason: "InvalidOptions",
  says
})

rows("an option out of range", {
  "a deadline of zero": rejectsOption({ deadlines: { openTimeout: 0 } }, /openTimeout/),
  "a deadline that is none": rejectsOption({ deadlines: { closeTimeout: "soon" as never } }, /closeTimeout/),
  "a negative limit": rejectsOption({ limits: { maxMessageBytes: -1 } }, /maxMessageBytes/),
  "half a message": rejectsOption({ limits: { inboxMessages: 0.5 } }, /inboxMessages/),
  "a keep-alive that never waits": rejectsOption({ keepAlive: { interval: 0 } }, /keepAlive/),
  "a subprotocol that is no token": rejectsOption({ subprotocols: ["a b"] }, /subprotocols: a subprotocol is/),
  "a header with a line break": rejectsOption({ headers: { "X-A": "1\r\nX-B: 2" } }, /X-A: a header holds no control/),
  "a header of the protocol": rejectsOption({ headers: { Upgrade: "h2c" } }, /Upgrade/),
  "an option that does not exist": rejectsOption({ proxi: "a" } as never, /proxi/)
})

describe("what the protocol forbids to send", () => {
  const forbidden = {
    "a lone surrogate": ["LoneSurrogate", (socket) => socket.send("\ud800")],
    "a ping of 126 bytes": ["ControlPayloadTooLong", (socket) => socket.ping(new Uint8Array(126))],
    "a pong of 126 bytes": ["ControlPayloadTooLong", (socket) => socket.pong(new Uint8Array(126))],
    "close code 1005": ["ReservedCloseCode", (socket) => socket.close(1005)],
    "close code 999": ["ReservedCloseCode", (socket) => socket.close(999)],
    "close code 5000": ["ReservedCloseCode", (socket) => socket.close(5000)],
    "a close reason of 124 bytes": ["CloseReasonTooLong", (socket) => socket.close(1000, "é".repeat(62))]
  } satisfies Record<string, [string, (socket: Socket) => Effect.Effect<unknown, unknown>]>

  for (const [input, [rule, send]] of Object.entries(forbidden)) {
    it.live(`${input}: nothing of it is sent, and the connection goes on`, () =>
      leavesNothing(
        Effect.gen(function* () {
          const { url } = yield* Server.serve(ServerPeer.echo)
          const socket = yield* WebSocket.connect(url)
          const error = yield* Effect.flip<unknown, unknown, never>(send(socket))
          assert.instanceOf(error, InvalidMessage)
          assert.strictEqual(error.rule, rule)
          yield* socket.send("next")
          assert.strictEqual(yield* socket.receive, "next")
        })
      ).pipe(Effect.provide(Transport.layer))
    )
  }
})

type Socket = Effect.Success<ReturnType<typeof WebSocket.connect>>

/** Listens, and answers the first bytes of each client with these; then waits. */
const answering = Effect.fnUntraced(function* (bytes: Uint8Array | string, options?: Listener.Options) {
  const listener = yield* Listener.make(options)
  const answer = Effect.gen(function* () {
    const wire = yield* listener.accept
    yield* Effect.ignore(wire.take)
    wire.send(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes)
  })
  yield* Effect.forkScoped(Effect.forever(answer))
  return `127.0.0.1:${listener.port}`
})

const plain = (bytes: Uint8Array | string) => Effect.map(answering(bytes), (authority) => `ws://${authority}/chat`)

const soon: ConnectOptions = { deadlines: { openTimeout: "250 millis" } }

rows("the network", {
  "a host that does not resolve": {
    url: "ws://nowhere.invalid/",
    reason: "HostNotFound",
    fields: { host: "nowhere.invalid" },
    says: /nowhere\.invalid/,
    steps: ["dns failed"]
  },
  "a refused port": {
    url: Effect.scoped(Effect.map(Listener.make(), ({ port }) => `ws://127.0.0.1:${port}/`)),
    reason: "Refused",
    says: /127\.0\.0\.1:\d+ refused the connection/,
    steps: ["tcp failed"]
  }
})

const rejected = (status: number, response: string, says: RegExp): Row => ({
  url: plain(response),
  reason: "HandshakeRejected",
  fields: { status },
  says,
  steps: ["tcp", "upgrade failed"]
})

rows("a server that answers with another status", {
  400: rejected(
    400,
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 12\r\n\r\nno such room",
    /HTTP 400 Bad Request: no such room/
  ),
  403: rejected(403, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", /HTTP 403 Forbidden .*credentials/),
  302: rejected(
    302,
    "HTTP/1.1 302 Found\r\nLocation: wss://b.test/\r\nContent-Length: 0\r\n\r\n",
    /use the URL in its Location header/
  ),
  "403, with a body that never ends": {
    ...rejected(403, "HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nwrong token", /wrong token/),
    options: soon
  }
})

const invalid = (response: Uint8Array | string, check: string, says: RegExp): Row => ({
  url: plain(response),
  reason: "HandshakeInvalid",
  fields: { check },
  says,
  steps: ["tcp", "upgrade failed"]
})

const timesOut = (url: Row["url"], stage: string, steps: ReadonlyArray<string>): Row => ({
  url,
  options: soon,
  reason: "TimedOut",
  fields: { stage },
  says: new RegExp(`timed out \\(${stage}\\)`),
  steps
})

rows("a server that answers no handshake", {
  garbage: invalid(
    Uint8Array.from({ length: 64 }, (_, i) => i * 167),
    "ControlCharacter",
    /held a control character/
  ),
  "text of another protocol": invalid("220 mail.test ESMTP ready\r\n\r\n", "StatusLine", /found "220 mail\.test/),
  "garbage without an end": invalid("x".repeat(0x8000), "HeadTooLong", /head/),
  "101 for another key": invalid(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
    "AcceptMismatch",
    /did not answer the key/
  ),
  "nothing, for ever": timesOut(plain(""), "upgrade", ["tcp", "upgrade failed"]),
  "half a header, for ever": timesOut(plain("HTTP/1.1 101 Switching Protocols\r\nUpgr"), "upgrade", [
    "tcp",
    "upgrade failed"
  ]),
  "a header that drips, for ever": timesOut(
    Effect.gen(function* () {
      const listener = yield* Listener.make()
      const drip = Effect.flatMap(listener.accept, (wire) =>
        Effect.forever(
          Effect.andThen(
            Effect.sync(() => wire.send(Uint8Array.of(0x61))),
            Effect.sleep("10 millis")
          )
        )
      )
      yield* Effect.forkScoped(drip)
      return `ws://127.0.0.1:${listener.port}/`
    }),
    "upgrade",
    ["tcp", "upgrade failed"]
  ),
  "its end, in the middle of a line": {
    url: Effect.gen(function* () {
      const listener = yield* Listener.make()
      const halfALine = Effect.map(listener.accept, (wire) => {
        wire.send(new TextEncoder().encode("HTTP/1.1 1"))
        wire.end()
      })
      yield* Effect.forkScoped(halfALine)
      return `ws://127.0.0.1:${listener.port}/`
    }),
    reason: "HandshakeInvalid",
    fields: { check: "HeadIncomplete", found: "HTTP/1.1 1" },
    says: /ended before its head was complete/,
    steps: ["tcp", "upgrade failed"]
  },
  "its end": {
    url: Effect.gen(function* () {
      const listener = yield* Listener.make()
      yield* Effect.forkScoped(Effect.map(listener.accept, (wire) => wire.end()))
      return `ws://127.0.0.1:${listener.port}/`
    }),
    reason: "HandshakeInvalid",
    fields: { check: "HeadIncomplete" },
    says: /without an answer: if it speaks TLS, use wss/,
    steps: ["tcp", "upgrade failed"]
  },
  "a reset": {
    url: Effect.gen(function* () {
      const listener = yield* Listener.make()
      yield* Effect.forkScoped(
        Effect.flatMap(listener.accept, (wire) => Effect.map(Effect.ignore(wire.take), () => wire.reset()))
      )
      return `ws://127.0.0.1:${listener.port}/`
    }),
    reason: "Reset",
    fields: { code: "ECONNRESET" },
    says: /The connection broke \(ECONNRESET\)/,
    steps: ["tcp", "upgrade failed"]
  }
})

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const names = ["localhost", "127.0.0.1"] as const

const secure = (tls: Certificate.Certificate) =>
  Effect.map(Server.serve(ServerPeer.echo, { tls }), ({ url }) => `${url}/chat`)

const tlsFails = (certificate: Certificate.Certificate, problem: string, says: RegExp): Row => ({
  url: secure(certificate),
  options: { tls: { ca: authority.cert } },
  reason: "TlsFailed",
  fields: { problem },
  says,
  steps: ["tcp", "tls failed"]
})

rows("TLS", {
  "a TLS server, dialled without TLS": {
    url: Effect.map(secure(Certificate.make({ names })), (url) => url.replace("wss:", "ws:")),
    reason: "HandshakeInvalid",
    says: /use wss/,
    steps: ["tcp", "upgrade failed"]
  },
  "a plain server, dialled with TLS": {
    url: Effect.map(Server.serve(ServerPeer.echo), ({ url }) => url.replace("ws:", "wss:")),
    reason: "TlsFailed",
    fields: { problem: "not tls" },
    says: /does not speak TLS on this port/,
    steps: ["tcp", "tls failed"]
  },
  "a plain server that says nothing, dialled with TLS": timesOut(
    Effect.map(answering(""), (authority) => `wss://${authority}/`),
    "tls",
    ["tcp", "tls failed"]
  ),
  "an expired certificate": tlsFails(
    Certificate.make({ names, issuer: authority, validTo: new Date("2001-01-01") }),
    "expired",
    /certificate has expired/
  ),
  "a certificate of the future": tlsFails(
    Certificate.make({ names, issuer: authority, validFrom: new Date("9000-01-01") }),
    "not yet valid",
    /not valid yet/
  ),
  "a self-signed certificate": tlsFails(Certificate.make({ names }), "self-signed", /pass it, .* as ca/),
  "a certificate for another name": tlsFails(
    Certificate.make({ names: ["other.test"], issuer: authority }),
    "wrong host",
    /certificate is for another name/
  ),
  "a certificate of an authority that is not trusted": tlsFails(
    Certificate.make({ names, issuer: Certificate.make({ names: ["Nobody"], isAuthority: true }) }),
    "unknown issuer",
    /no authority trusted here/
  )
})
