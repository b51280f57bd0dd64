/**
 * What nginx says before the first frame: it redirects, sets a cookie, asks for Basic authentication, and asks to wait. An
 * echo of ours behind it sees what arrived.
 */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, CookieJar, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Listener } from "@effect-websocket/transport/testing"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Nginx from "./nginx.ts"

interface Ports {
  readonly port: number
  /** Another origin. */
  readonly other: number
  readonly upstream: number
}

const servers =
  ({ other, port, upstream }: Ports) =>
  (folder: string) =>
    `
  server {
    listen 127.0.0.1:${port};
    location = /old { add_header Set-Cookie "id=7; Path=/" always; return 307 /private; }
    location = /elsewhere { return 302 http://127.0.0.1:${other}/open; }
    location = /circle { return 301 /circle; }
    location = /busy { add_header Retry-After 30 always; return 503; }
    location = /private { auth_basic "private"; auth_basic_user_file ${folder}/users; ${Nginx.pass(upstream)} }
  }
  server {
    listen 127.0.0.1:${other};
    location / { ${Nginx.pass(upstream)} }
  }`

/** nginx in front of an echo; `seen` are the headers of the last request that reached it. */
const serve = Effect.gen(function* () {
  let seen: Record<string, string> = {}
  const upstream = yield* Server.serve((peer) => {
    seen = Object.fromEntries(peer.request.headers.map(([name, value]) => [name.toLowerCase(), value]))
    return ServerPeer.echo(peer)
  })
  const free = Effect.scoped(Effect.map(Listener.make(), (listener) => listener.port))
  const ports = { port: yield* free, other: yield* free, upstream: upstream.port }
  yield* Nginx.start(ports.port, { users: "müller:{PLAIN}päss word\n" }, servers(ports))
  return { host: `127.0.0.1:${ports.port}`, other: `127.0.0.1:${ports.other}`, seen: () => seen }
})

const converse = Effect.fnUntraced(function* (url: string, options: ConnectOptions) {
  const socket = yield* WebSocket.connect(url, options)
  yield* socket.send("Grüße")
  assert.strictEqual(yield* socket.receive, "Grüße")
  assert.deepInclude(yield* socket.close(), { clean: true })
  yield* Console.log(`nginx: ${socket.url} ${JSON.stringify(socket.redirects)}`)
  return socket
})

const refusalOf = Effect.fnUntraced(function* (url: string, options: ConnectOptions) {
  const { message, reason } = yield* Effect.flip(WebSocket.connect(url, options))
  yield* Console.log(message)
  return reason._tag === "HandshakeRejected" ? reason : assert.fail(message)
})

describe("nginx before the first frame", () => {
  it.live("a redirect with a cookie, to a place that asks for the credentials of the URL", () =>
    Effect.gen(function* () {
      const { host, seen } = yield* serve
      const cookies = yield* CookieJar.make
      const options = { cookies, redirects: { limit: 2 } }
      const socket = yield* converse(`ws://müller:päss%20word@${host}/old`, options)
      assert.deepStrictEqual(socket.redirects, [{ status: 307, to: `ws://${host}/private` }])
      assert.strictEqual(seen().cookie, "id=7")
      assert.strictEqual(seen().authorization, `Basic ${Buffer.from("müller:päss word").toString("base64")}`)
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("to another origin without what was meant for the first", () =>
    Effect.gen(function* () {
      const { host, other, seen } = yield* serve
      const headers = { "X-Token": "secret", cookie: "id=secret" }
      const socket = yield* converse(`ws://user:secret@${host}/elsewhere`, { headers, redirects: { limit: 2 } })
      assert.strictEqual(socket.url, `ws://${other}/open`)
      assert.notMatch(JSON.stringify(seen()), /secret|authorization|x-token|cookie/)
    }).pipe(Effect.provide(Transport.layer))
  )

  it.live("refusals: without credentials, in a circle, with a wait", () =>
    Effect.gen(function* () {
      const { host } = yield* serve
      assert.deepInclude(yield* refusalOf(`ws://${host}/private`, {}), { status: 401 })
      assert.deepInclude(yield* refusalOf(`ws://müller:wrong@${host}/private`, {}), { status: 401 })
      const circle = yield* refusalOf(`ws://${host}/circle`, { redirects: { limit: 9 } })
      assert.match(circle.notFollowed ?? "", /circle/)
      const busy = yield* refusalOf(`ws://${host}/busy`, {})
      assert.strictEqual(busy.status, 503)
      assert.deepStrictEqual(busy.retryAfter, Duration.seconds(30))
    }).pipe(Effect.provide(Transport.layer))
  )
})
