/** A redirect from one server to another over real TLS: two certificates, two names, one dial. */
import { assert, describe, it } from "@effect/vitest"
import { WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Resolver, Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { leavesNothing } from "./left.ts"

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const named = (name: string) => Certificate.make({ names: [name], issuer: authority })

/** A server that sends everyone to another. */
const sendsTo = (location: string, tls: Certificate.Certificate) =>
  Server.serve(() => Effect.void, {
    tls,
    refuse: () => `HTTP/1.1 307 Elsewhere\r\nLocation: ${location}\r\nSet-Cookie: a=1\r\n\r\n`
  })

describe("a redirect over TLS", () => {
  it.live("is followed to a server of another name, which is verified by it and gets no credentials", () =>
    leavesNothing(
      Effect.gen(function* () {
        let seen = ""
        const last = yield* Server.serve(
          (peer) => {
            seen = JSON.stringify(peer.request.headers)
            return ServerPeer.echo(peer)
          },
          { tls: named("last.test") }
        )
        const first = yield* sendsTo(`https://last.test:${last.port}/chat`, named("first.test"))
        const socket = yield* WebSocket.connect(`wss://user:secret@first.test:${first.port}/`, {
          tls: { ca: authority.cert, serverName: "first.test" },
          headers: { "X-Token": Redacted.make("secret") },
          redirects: { limit: 1 }
        })
        yield* socket.send("hello")
        assert.strictEqual(yield* socket.receive, "hello")
        assert.strictEqual(socket.info.tls?.peerCertificate?.subject, "CN=last.test")
        assert.deepStrictEqual(socket.redirects, [{ status: 307, to: `wss://last.test:${last.port}/chat` }])
        assert.notMatch(seen, /secret|authorization|x-token/i)
        yield* socket.close()
      })
    ).pipe(Effect.provideService(Resolver.Resolver, loopback), Effect.provide(Transport.layer))
  )

  it.live("S3: is not followed to a server that is not who it should be", () =>
    leavesNothing(
      Effect.gen(function* () {
        const last = yield* Server.serve(ServerPeer.echo, { tls: named("first.test") })
        const first = yield* sendsTo(`wss://last.test:${last.port}/`, named("first.test"))
        const error = yield* Effect.flip(
          WebSocket.connect(`wss://first.test:${first.port}/`, {
            tls: { ca: authority.cert, serverName: "first.test" },
            redirects: { limit: 1 }
          })
        )
        assert.deepInclude(error.reason, { _tag: "TlsFailed", problem: "wrong host" })
        assert.deepStrictEqual(
          error.steps.map(({ stage }) => stage),
          ["dns", "tcp", "tls", "upgrade", "dns", "tcp", "tls"]
        )
      })
    ).pipe(Effect.provideService(Resolver.Resolver, loopback), Effect.provide(Transport.layer))
  )
})

const loopback = { lookup: () => Effect.succeed(["127.0.0.1"]) }
