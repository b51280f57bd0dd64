/** The proxies for tests, against bytes written out: what they let through, whom they refuse, and what they remember. */
import { assert, describe, it } from "@effect/vitest"
import { Transport } from "@effect-websocket/transport"
import { Listener, ProxyListener } from "@effect-websocket/transport/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { hex } from "../../core/test/hex.ts"
import { pattern, pullBytes } from "./pairs/Pair.ts"

const text = (line: string) => new Uint8Array(Buffer.from(line, "latin1"))
const port16 = (port: number) => port.toString(16).padStart(4, "0")

const open = (port: number) =>
  Transport.use((transport) => transport.open({ host: "127.0.0.1", port, report: () => {} }))

/** Says something to a proxy, byte by byte, and hears the first so many bytes of its answer. */
const say = Effect.fnUntraced(function* (options: ProxyListener.Options, said: Uint8Array, length: number) {
  const proxy = yield* ProxyListener.make(options)
  const stream = yield* open(proxy.port)
  for (const byte of said) {
    stream.writeUnsafe([Uint8Array.of(byte)])
    yield* stream.flushed
  }
  let heard = Buffer.alloc(0)
  while (heard.length < length) heard = Buffer.concat([heard, ...(yield* stream.pull)])
  return { proxy, stream, heard: heard.subarray(0, length) }
}, Effect.provide(Transport.layer))

const credentials = { username: "ann", password: "s3cret" }

const requests = {
  http: (port: number) => text(`CONNECT ws.test:${port} HTTP/1.1\r\nHost: ws.test:${port}\r\n\r\n`),
  socks4: (port: number) => hex(`0401 ${port16(port)} 00000001 00 77732e7465737400`),
  socks5: (port: number) => hex(`050100 05010003 07 77732e74657374 ${port16(port)}`)
}
const granted = {
  http: text("HTTP/1.1 200 Connection established\r\n\r\n"),
  socks4: hex("005a000000000000"),
  socks5: hex("0500 05000001000000000000")
}
const refused = {
  http: text("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
  socks4: hex("005b000000000000"),
  socks5: hex("0500 05050001000000000000")
}
const kinds = ["http", "socks4", "socks5"] as const

it.live("what a server says last comes through, though both have ended and the client reads late", () =>
  Effect.gen(function* () {
    const server = yield* Listener.make()
    const { stream } = yield* say({ kind: "socks5" }, requests.socks5(server.port), granted.socks5.length)
    const behind = yield* server.accept
    // More than all kernels on the way hold.
    const bytes = pattern(0x2000000)
    behind.send(bytes)
    yield* stream.shutdown
    assert.isTrue(Cause.isDone(yield* Effect.flip(behind.take)))
    // The proxy has taken all of it when this side could end.
    yield* behind.leave
    const said = yield* pullBytes(stream.pull, bytes.length)
    assert.isTrue(Buffer.from(said).equals(bytes))
    assert.isTrue(Cause.isDone(yield* Effect.flip(stream.pull)))
  }).pipe(Effect.provide(Transport.layer))
)

describe("lets through, by a name that it finds at 127.0.0.1", () => {
  for (const kind of kinds) {
    it.live(kind, () =>
      Effect.gen(function* () {
        const server = yield* Listener.make()
        const { heard, proxy, stream } = yield* say({ kind }, requests[kind](server.port), granted[kind].length)
        assert.deepStrictEqual(new Uint8Array(heard), granted[kind])
        assert.deepStrictEqual(proxy.asked, [`ws.test:${server.port}`])
        assert.strictEqual(proxy.heard(), Buffer.from(requests[kind](server.port)).toString("latin1"))
        const behind = yield* server.accept
        stream.writeUnsafe([text("up")])
        assert.deepStrictEqual(yield* behind.take, text("up"))
        behind.send(text("down"))
        assert.deepStrictEqual(yield* pullBytes(stream.pull, 4), text("down"))
        yield* stream.shutdown
        assert.strictEqual((yield* Effect.flip(behind.take))._tag, "Done")
      })
    )
  }
})

describe("tells when nobody is there", () => {
  for (const kind of kinds) {
    it.live(kind, () =>
      Effect.gen(function* () {
        const port = yield* Effect.scoped(Effect.map(Listener.make(), ({ port }) => port))
        const { heard } = yield* say({ kind }, requests[kind](port), refused[kind].length)
        assert.deepStrictEqual(new Uint8Array(heard), refused[kind])
      })
    )
  }
})

describe("addresses", () => {
  const answer = text("!")
  for (const [what, kind, said, asked] of [
    ["IPv4 of SOCKS 4", "socks4", hex("0401 0050 c0000201 00"), "192.0.2.1:80"],
    ["IPv4 of SOCKS 5", "socks5", hex("050100 05010001 c0000201 0050"), "192.0.2.1:80"],
    [
      "IPv6 of SOCKS 5",
      "socks5",
      hex(`050100 05010004 20010db8${"00".repeat(11)}01 0050`),
      "[2001:0db8:0000:0000:0000:0000:0000:0001]:80"
    ],
    [
      "IPv6 of HTTP",
      "http",
      text("CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"),
      "[2001:db8::1]:80"
    ]
  ] as const) {
    it.live(what, () =>
      Effect.gen(function* () {
        const { heard, proxy } = yield* say({ kind, answer }, said, kind === "socks5" ? 3 : 1)
        assert.strictEqual(heard.at(-1), 0x21)
        assert.deepStrictEqual(proxy.asked, [asked])
      })
    )
  }
})

describe("credentials", () => {
  const head = "CONNECT ws.test:1 HTTP/1.1\r\nHost: ws.test:1\r\n"
  const wrong = [
    ["HTTP without", "http", text(`${head}\r\n`), "HTTP/1.1 407 "],
    ["HTTP, others", "http", text(`${head}Proxy-Authorization: Basic YW5uOm5v\r\n\r\n`), "HTTP/1.1 407 "],
    ["SOCKS 4, others", "socks4", hex("0401 0001 00000001 626f6200 7700"), "\0\x5d"],
    ["SOCKS 5 without", "socks5", hex("050100"), "\x05\xff"],
    ["SOCKS 5, others", "socks5", hex("05020002 01 03616e6e 026e6f"), "\x05\x02\x01\x01"]
  ] as const
  for (const [what, kind, said, expected] of wrong) {
    it.live(`refuses: ${what}`, () =>
      Effect.gen(function* () {
        const { heard, proxy } = yield* say({ kind, credentials }, said, expected.length)
        assert.strictEqual(heard.toString("latin1"), expected)
        assert.isEmpty(proxy.asked)
      })
    )
  }

  it.live("refuses what is no CONNECT", () =>
    Effect.gen(function* () {
      const { heard } = yield* say({ kind: "http" }, text("GET http://ws.test/ HTTP/1.1\r\nHost: ws.test\r\n\r\n"), 12)
      assert.strictEqual(heard.toString(), "HTTP/1.1 400")
    })
  )

  const right = [
    ["http", text(`${head}Proxy-Authorization: Basic YW5uOnMzY3JldA==\r\n\r\n`)],
    ["socks4", hex("0401 0001 00000001 616e6e00 77732e7465737400")],
    ["socks5", hex("05020002 01 03616e6e 06733363726574 05010003 07 77732e74657374 0001")]
  ] as const
  for (const [kind, said] of right) {
    it.live(`lets in: ${kind}`, () =>
      Effect.gen(function* () {
        const { proxy } = yield* say({ kind, credentials, answer: text("!") }, said, kind === "socks5" ? 5 : 1)
        assert.deepStrictEqual(proxy.asked, ["ws.test:1"])
      })
    )
  }
})
