/**
 * Behind nginx, as most servers are: it speaks TLS, asks for client certificates and passes WebSockets on to an echo of
 * ours without TLS.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Nginx from "./nginx.ts"

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const stranger = Certificate.make({ names: ["Stranger"], isAuthority: true })
const server = Certificate.make({ names: ["127.0.0.1"], issuer: authority })
const ann = Certificate.make({ names: ["ann"], issuer: authority })
const past = new Date("2001-01-01")

const servers = (port: number, upstream: number, directives: string) => (folder: string) =>
  `
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/server.pem;
    ssl_certificate_key ${folder}/server.key;
    ssl_client_certificate ${folder}/ca.pem;
    ${directives}
    location / { ${Nginx.pass(upstream)}
      proxy_set_header X-Client $ssl_client_s_dn;
      proxy_set_header X-Protocol $ssl_alpn_protocol;
    }
  }`

/** nginx in front of an echo that first says whom nginx has seen. */
const serve = Effect.fnUntraced(function* (directives: string) {
  const upstream = yield* Server.serve((peer) => {
    const header = (name: string) => peer.request.headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? ""
    return Effect.andThen(peer.send(`${header("x-client")} ${header("x-protocol")}`), ServerPeer.echo(peer))
  })
  const port = yield* Effect.scoped(Effect.map(Listener.make(), (listener) => listener.port))
  const files = { "server.pem": server.cert, "server.key": server.key, "ca.pem": authority.cert }
  yield* Nginx.start(port, files, servers(port, upstream.port, directives))
  return `wss://127.0.0.1:${port}/chat`
})

const connect = (url: string, tls: ConnectOptions["tls"]) =>
  WebSocket.connect(url, { tls: { ca: authority.cert, ...tls } })

const converse = Effect.fnUntraced(function* (url: string, tls: ConnectOptions["tls"]) {
  const socket = yield* connect(url, tls)
  const seen = yield* socket.receive
  const large = new Uint8Array(100_000).fill(7)
  yield* socket.sendAll(["Grüße", large])
  assert.strictEqual(yield* socket.receive, "Grüße")
  assert.strictEqual(Buffer.compare((yield* socket.receive) as Uint8Array, large), 0)
  assert.deepInclude(yield* socket.close(), { by: "us", clean: true })
  const { tls: info } = socket.info
  yield* Console.log(`nginx: ${info?.version} ${info?.cipher}, it saw "${seen}"${info?.resumed ? ", resumed" : ""}`)
  return { seen, info: info! }
})

const required = "ssl_verify_client on;"
const shown = { cert: ann.cert, key: ann.key }

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const only = `ssl_protocols ${version};`
  describe(`nginx with ${version}`, () => {
    it.live("an echo, over HTTP/1.1 as ALPN has it", () =>
      Effect.gen(function* () {
        const { info, seen } = yield* converse(yield* serve(only), {})
        assert.deepInclude(info, { version, alpn: "http/1.1", verifiedName: "127.0.0.1" })
        assert.strictEqual(seen, " http/1.1")
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("a client certificate that is required and shown", () =>
      Effect.gen(function* () {
        const { seen } = yield* converse(yield* serve(`${only} ${required}`), shown)
        assert.strictEqual(seen, "CN=ann http/1.1")
      }).pipe(Effect.provide(Transport.layer))
    )

    it.live("the session is resumed, and who the client is with it", () =>
      Effect.gen(function* () {
        const url = yield* serve(`${only} ${required} ssl_session_cache shared:test:1m;`)
        for (const resumed of [false, true, true]) {
          const { info, seen } = yield* converse(url, shown)
          assert.strictEqual(seen, "CN=ann http/1.1")
          assert.strictEqual(info.resumed, resumed)
        }
      }).pipe(Effect.provide(Transport.layer))
    )

    for (const [what, tls, says] of [
      ["is missing", {}, "No required SSL certificate was sent"],
      ["is a stranger's", Certificate.make({ names: ["eve"], issuer: stranger }), "The SSL certificate error"],
      [
        "has expired",
        Certificate.make({ names: ["bob"], issuer: authority, validTo: past }),
        "The SSL certificate error"
      ]
    ] as const) {
      it.live(`a client certificate that ${what}: nginx says so in HTTP, and we pass that on`, () =>
        Effect.gen(function* () {
          const url = yield* serve(`${only} ${required}`)
          const own = "cert" in tls ? { cert: tls.cert, key: tls.key } : {}
          const { message, reason } = yield* Effect.flip(connect(url, own))
          yield* Console.log(message)
          assert.deepInclude(reason, { _tag: "HandshakeRejected", status: 400 })
          assert.include(message, says)
          assert.include(message, "check tls.cert")
        }).pipe(Effect.provide(Transport.layer))
      )
    }
  })
}
