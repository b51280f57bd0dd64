import { assert, describe, it } from "@effect/vitest"
import type {
  Client,
  ClientReceiveError,
  ConnectError,
  ConnectReason,
  DecodeFailed,
  EncodeFailed,
  ReceiveError,
  RequestTimedOut,
  SendError,
  TooManySubscriptions
} from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import {
  HostNotFound,
  ProxyFailed,
  Refused,
  TlsFailed,
  type TransportError,
  Unreachable
} from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as reasons from "../examples/reasons.ts"
import * as Blocks from "./Blocks.ts"
import { type Example, type Network, prints, serve } from "./Play.ts"

type Tag = (ConnectReason | ReceiveError | SendError | ClientError | MessageError | TransportError)["_tag"]

type ClientError = Exclude<ClientReceiveError, ConnectError> | Client.ClientSendError

type MessageError = DecodeFailed | EncodeFailed | RequestTimedOut | TooManySubscriptions

/** What has to happen for each error there is. A server that is not read from answers nothing. */
const provoke: Record<Tag, (network: Network) => Effect.Effect<unknown>> = {
  InvalidUrl: () => Effect.void,
  InvalidOptions: () => Effect.void,
  OptionFailed: () => Effect.void,
  HostNotFound: (network) => network.refuse(new HostNotFound({ host: "exmaple.com", code: "ENOTFOUND" })),
  Refused: (network) =>
    Effect.andThen(
      network.refuse(new Refused({ address: "203.0.113.1:8080" })),
      serve(network, (server) => Effect.andThen(server.send("first news"), server.close(1000)))
    ),
  Unreachable: (network) => network.refuse(new Unreachable({ address: "10.0.0.7:8080", code: "EHOSTUNREACH" })),
  Reset: (network) => Effect.map(network.accept, (wire) => wire.reset()),
  ProxyFailed: (network) =>
    network.refuse(
      new ProxyFailed({
        proxy: "http://proxy.example.com:3128",
        hop: 1,
        to: "example.com:443",
        problem: "authentication required",
        status: 407,
        schemes: ["Negotiate", "Basic"],
        detail: "It said 407 Proxy Authentication Required"
      })
    ),
  TlsFailed: (network) =>
    network.refuse(
      new TlsFailed({
        problem: "wrong host",
        detail: "Host: example.com. is not in the cert's altnames: DNS:example.org"
      })
    ),
  TimedOut: (network) => Effect.andThen(network.accept, TestClock.adjust("3 seconds")),
  HandshakeRejected: (network) =>
    Effect.gen(function* () {
      const refused = yield* network.accept
      yield* ServerPeer.answer(refused, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
      const server = yield* ServerPeer.accept(yield* network.accept)
      assert.deepInclude(server.request.headers, ["authorization", "Bearer 5e1f"])
      yield* ServerPeer.echo(server)
    }),
  HandshakeInvalid: (network) =>
    Effect.map(network.accept, (wire) => wire.send(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"))),
  ConnectionClosed: (network) => serve(network, (server) => server.close(4001, "token expired")),
  ProtocolViolation: (network) => serve(network, (server) => server.write(Uint8Array.of(0x81, 0x01, 0xff))),
  MessageTooBig: (network) => serve(network, (server) => server.send(new Uint8Array(2000))),
  PongTimeout: (network) =>
    Effect.gen(function* () {
      yield* ServerPeer.accept(yield* network.accept)
      yield* TestClock.adjust("40 seconds")
    }),
  IdleTimeout: (network) =>
    Effect.gen(function* () {
      const server = yield* ServerPeer.accept(yield* network.accept)
      const answering = yield* Effect.forkChild(ServerPeer.echo(server), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(answering)
    }),
  Stalled: (network) =>
    Effect.gen(function* () {
      const wire = yield* network.accept
      const server = yield* ServerPeer.accept(wire)
      wire.stall()
      yield* Effect.repeat(server.send("an answer"), { times: 1024 })
      yield* TestClock.adjust("2 minutes")
    }),
  InvalidMessage: (network) =>
    serve(network, (server) =>
      Effect.map(server.next, (event) =>
        assert.deepStrictEqual(event, { _tag: "Message", message: "the connection goes on" })
      )
    ),
  OnOpenFailed: (network) => serve(network, (server) => Effect.andThen(server.next, server.send("who are you?"))),
  NotSent: () => Effect.void,
  // The network takes no more once the handshake has passed.
  FateUnknown: (network) =>
    Effect.gen(function* () {
      const wire = yield* network.accept
      yield* Effect.tap(Effect.orDie(ServerPeer.request(wire)), (request) =>
        Effect.andThen(
          Effect.sync(() => wire.stall()),
          ServerPeer.acceptRequest(wire, request)
        )
      )
      yield* TestClock.adjust(0)
      wire.reset()
    }),
  DecodeFailed: (network) =>
    serve(network, (server) => Effect.andThen(server.send(`{"price":"high"}`), server.send(`{"price":7}`))),
  EncodeFailed: (network) =>
    serve(network, (server) =>
      Effect.map(server.next, (event) => assert.deepStrictEqual(event, { _tag: "Message", message: `{"amount":2}` }))
    ),
  RequestTimedOut: (network) => serve(network, (server) => Effect.andThen(server.next, TestClock.adjust("2 seconds"))),
  TooManySubscriptions: () => Effect.void,
  TransportError: (network) => network.refuse(new Refused({ address: "127.0.0.1:8080" }))
}

const outputs = new Map(Blocks.of("docs/errors.md").map(({ file, output }) => [file, output]))

describe("docs/errors.md: each example handles its error and prints what the page says", () => {
  it.effect("all reasons at once", () =>
    prints(reasons, outputs.get("examples/reasons.ts"), (network) =>
      Effect.flatMap(network.accept, (wire) =>
        ServerPeer.answer(wire, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
      )
    )
  )

  for (const [tag, happen] of Object.entries(provoke)) {
    it.effect(tag, () =>
      Effect.gen(function* () {
        const example: Example = yield* Effect.promise(() => import(`../examples/errors/${tag}.ts`))
        yield* prints(example, outputs.get(`examples/errors/${tag}.ts`), happen)
      })
    )
  }
})
