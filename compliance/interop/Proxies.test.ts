/** Connections through Debian's proxies: tinyproxy, haproxy, dante and microsocks, one by one and in chains. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { comeBack, messages } from "../../packages/client/test/interop.ts"
import * as Proxies from "./Proxies.ts"

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const server = Certificate.make({ names: ["localhost", "127.0.0.1"], issuer: authority })

const { password, username } = Proxies.credentials
const login = `${username}:${password}@`

/** Messages of every size come back through these proxies, over ws and over wss, and the close is clean. */
const passes = Effect.fnUntraced(function* (
  proxy: NonNullable<ConnectOptions["proxy"]>,
  hosts = ["127.0.0.1", "localhost"]
) {
  for (const tls of [undefined, server]) {
    const { url } = yield* Server.serve(ServerPeer.echo, { tls })
    for (const host of hosts) {
      const socket = yield* WebSocket.connect(url.replace("127.0.0.1", host), {
        proxy,
        tls: { ca: authority.cert },
        limits: { maxMessageBytes: 32 * 0x100000 }
      })
      yield* comeBack(socket, messages)
      assert.isTrue((yield* socket.close()).clean)
    }
  }
}, Effect.scoped)

const refuses = Effect.fnUntraced(function* (proxy: NonNullable<ConnectOptions["proxy"]>, url: string) {
  const { message, reason } = yield* Effect.flip(Effect.scoped(WebSocket.connect(url, { proxy })))
  yield* Console.log(message)
  assert.notInclude(message, password)
  return reason._tag === "ProxyFailed" ? reason : assert.fail(message)
})

const live = <E>(name: string, test: Effect.Effect<void, E, Transport>) =>
  it.live(name, () => Effect.provide(test, Transport.layer))

const closedPort = Effect.scoped(Effect.map(Server.serve(ServerPeer.echo), ({ port }) => port))

describe("tinyproxy (HTTP CONNECT)", () => {
  live(
    "without credentials",
    Effect.scoped(Effect.flatMap(Proxies.tinyproxy(), (port) => passes(`http://127.0.0.1:${port}`)))
  )

  live(
    "with Basic credentials, and not without or with wrong ones",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.tinyproxy({ isPrivate: true })
        yield* passes(`http://${login}127.0.0.1:${port}`)
        const none = yield* refuses(`http://127.0.0.1:${port}`, "ws://127.0.0.1:9/")
        assert.deepInclude(none, { status: 407, problem: "authentication required", schemes: ["Basic"] })
        const wrong = yield* refuses(`http://bob:${password}@127.0.0.1:${port}`, "ws://127.0.0.1:9/")
        assert.strictEqual(wrong.problem, "credentials refused")
      })
    )
  )

  live(
    "a server that is not there is told of",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.tinyproxy()
        const reason = yield* refuses(`http://127.0.0.1:${port}`, `ws://127.0.0.1:${yield* closedPort}/`)
        assert.strictEqual(reason.problem, "refused")
        assert.isAtLeast(reason.status!, 500)
      })
    )
  )
})

describe("haproxy (TLS in front of an HTTP proxy)", () => {
  live(
    "TLS to the proxy, and TLS within it to the server",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.haproxy(yield* Proxies.tinyproxy({ isPrivate: true }))
        yield* passes({ url: `https://${login}127.0.0.1:${port}`, tls: { ca: Proxies.certificate.cert } })
      })
    )
  )

  live(
    "whose certificate nobody trusts",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.haproxy(yield* closedPort)
        const proxy = `https://${login}127.0.0.1:${port}`
        const { reason } = yield* Effect.flip(Effect.scoped(WebSocket.connect("ws://127.0.0.1:9/", { proxy })))
        assert.deepInclude(reason, { _tag: "TlsFailed", problem: "self-signed" })
      })
    )
  )
})

describe("dante (SOCKS)", () => {
  // It has no SOCKS 4A: it takes 0.0.0.1 for an address.
  for (const scheme of ["socks4", "socks5", "socks5h"]) {
    live(scheme, Effect.scoped(Effect.flatMap(Proxies.dante, (port) => passes(`${scheme}://127.0.0.1:${port}`))))
  }

  live(
    "what its rules forbid is told by name",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.dante
        const five = yield* refuses(`socks5://127.0.0.1:${port}`, "ws://192.0.2.1/")
        assert.strictEqual(five.problem, "not allowed")
        const four = yield* refuses(`socks4://127.0.0.1:${port}`, "ws://192.0.2.1/")
        assert.strictEqual(four.problem, "refused")
      })
    )
  )
})

describe("microsocks (SOCKS 5)", () => {
  for (const scheme of ["socks5", "socks5h"]) {
    live(
      `${scheme}, without credentials and with`,
      Effect.scoped(
        Effect.gen(function* () {
          yield* passes(`${scheme}://127.0.0.1:${yield* Proxies.microsocks()}`)
          yield* passes(`${scheme}://${login}127.0.0.1:${yield* Proxies.microsocks({ isPrivate: true })}`)
        })
      )
    )
  }

  live(
    "none, or wrong ones, where it wants some",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.microsocks({ isPrivate: true })
        const none = yield* refuses(`socks5://127.0.0.1:${port}`, "ws://127.0.0.1:9/")
        assert.strictEqual(none.problem, "authentication required")
        const wrong = yield* refuses(`socks5://ann:${password}2@127.0.0.1:${port}`, "ws://127.0.0.1:9/")
        assert.strictEqual(wrong.problem, "credentials refused")
      })
    )
  )

  live(
    "a server that is not there is told of",
    Effect.scoped(
      Effect.gen(function* () {
        const port = yield* Proxies.microsocks()
        const reason = yield* refuses(`socks5://127.0.0.1:${port}`, `ws://127.0.0.1:${yield* closedPort}/`)
        assert.strictEqual(reason.problem, "connection refused")
      })
    )
  )
})

describe("chains", () => {
  live(
    "dante, then haproxy, then tinyproxy behind it, then microsocks",
    Effect.scoped(
      Effect.gen(function* () {
        const http = yield* Proxies.tinyproxy()
        yield* passes([
          `socks4://127.0.0.1:${yield* Proxies.dante}`,
          { url: `https://127.0.0.1:${yield* Proxies.haproxy(http)}`, tls: { ca: Proxies.certificate.cert } },
          `socks5h://${login}127.0.0.1:${yield* Proxies.microsocks({ isPrivate: true })}`
        ])
      })
    )
  )
})
