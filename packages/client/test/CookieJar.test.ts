/** Cookies: for whom they are kept, what a server cannot do with them, and how many there can be. */
import { assert, describe, it } from "@effect/vitest"
import { CookieJar } from "@effect-websocket/client"
import { ServerPeer } from "@effect-websocket/client/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { dialling, failureOf } from "./dialling.ts"
import { made } from "./longLived.ts"

const header = (jar: CookieJar.CookieJar, url: string) =>
  Effect.map(jar.header(url), (cookie) => (cookie === undefined ? undefined : Redacted.value(cookie)))

/** What is sent to `to` after `from` set these. */
const sent = Effect.fnUntraced(function* (from: string, setCookie: ReadonlyArray<string>, to: string) {
  const jar = yield* CookieJar.make
  yield* jar.store(from, setCookie)
  return yield* header(jar, to)
})

describe("S5: a cookie goes where RFC 6265 sends it, and nowhere else", () => {
  type Row = readonly [setCookie: string, from: string, to: string, cookie: string | undefined]
  const rows: ReadonlyArray<Row> = [
    // Domain (§5.1.3)
    ["a=1", "wss://a.test/", "wss://a.test/", "a=1"],
    ["a=1", "wss://a.test/", "wss://b.test/", undefined],
    ["a=1", "wss://a.test/", "wss://x.a.test/", undefined],
    ["a=1; Domain=a.test", "wss://a.test/", "wss://x.a.test/", "a=1"],
    ["a=1; Domain=.a.test", "wss://x.a.test/", "wss://y.a.test/", "a=1"],
    ["a=1; Domain=a.test", "wss://a.test/", "wss://nota.test/", undefined],
    ["a=1; Domain=b.test", "wss://a.test/", "wss://b.test/", undefined],
    ["a=1; Domain=b.test", "wss://a.test/", "wss://a.test/", undefined],
    ["a=1; Domain=test", "wss://a.test/", "wss://b.test/", undefined],
    ["a=1; Domain=127.0.0.1", "ws://127.0.0.1/", "ws://127.0.0.1/", "a=1"],
    ["a=1; Domain=127.0.0.1", "ws://127.0.0.2/", "ws://127.0.0.1/", undefined],
    ["a=1; Domain=0.0.1", "ws://127.0.0.1/", "ws://127.0.0.1/", undefined],
    ["a=1; Domain=[::1]", "ws://[::1]/", "ws://[::1]/", "a=1"],
    ["a=1", "ws://127.0.0.1:1/", "ws://127.0.0.1:2/", "a=1"],
    // Path (§5.1.4)
    ["a=1; Path=/chat", "ws://a.test/", "ws://a.test/chat/room", "a=1"],
    ["a=1; Path=/chat", "ws://a.test/", "ws://a.test/chatter", undefined],
    ["a=1", "ws://a.test/chat/room", "ws://a.test/chat/other", "a=1"],
    ["a=1", "ws://a.test/chat/room", "ws://a.test/", undefined],
    // Secure
    ["a=1; Secure", "wss://a.test/", "wss://a.test/", "a=1"],
    ["a=1; Secure", "wss://a.test/", "ws://a.test/", undefined],
    ["a=1; Secure", "ws://a.test/", "wss://a.test/", undefined],
    ["__Secure-a=1", "wss://a.test/", "wss://a.test/", undefined],
    ["__Secure-a=1; Secure", "wss://a.test/", "wss://a.test/", "__Secure-a=1"],
    ["__Host-a=1; Secure; Path=/", "wss://a.test/", "wss://a.test/", "__Host-a=1"],
    ["__Host-a=1; Secure; Path=/; Domain=a.test", "wss://a.test/", "wss://a.test/", undefined],
    ["__Host-a=1; Secure; Path=/x", "wss://a.test/", "wss://a.test/x", undefined],
    ["a=1; HttpOnly", "wss://a.test/", "wss://a.test/", "a=1"],
    // What is malformed is nothing (§5.2)
    ["", "ws://a.test/", "ws://a.test/", undefined],
    ["=1", "ws://a.test/", "ws://a.test/", undefined],
    ["a", "ws://a.test/", "ws://a.test/", undefined],
    [" ; Path=/", "ws://a.test/", "ws://a.test/", undefined],
    ["a b=1", "ws://a.test/", "ws://a.test/", undefined],
    ["a=1\r\nX-Injected: b", "ws://a.test/", "ws://a.test/", undefined],
    ["a=\u20ac", "ws://a.test/", "ws://a.test/", undefined],
    ["a=%zz", "ws://a.test/", "ws://a.test/", "a=%zz"],
    ["a=1; Expires=never; Max-Age=soon", "ws://a.test/", "ws://a.test/", "a=1"],
    ["a=1", "not a URL", "ws://a.test/", undefined],
    // Public suffixes are not known: as docs/handshake.md says
    ["a=1; Domain=co.uk", "wss://a.co.uk/", "wss://b.co.uk/", "a=1"]
  ]
  for (const [setCookie, from, to, cookie] of rows) {
    it.effect(`${JSON.stringify(setCookie)} of ${from}, to ${to}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* sent(from, [setCookie], to), cookie)
      })
    )
  }

  it.effect("two of one name for two paths, the longer path first", () =>
    Effect.gen(function* () {
      const cookie = yield* sent("ws://a.test/", ["a=1; Path=/", "a=2; Path=/chat"], "ws://a.test/chat")
      assert.strictEqual(cookie, "a=2; a=1")
    })
  )

  it.effect("a plain connection cannot replace what a secure one set", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("wss://a.test/", ["a=good; Secure; Domain=a.test"])
      yield* jar.store("ws://a.test/", ["a=evil; Domain=a.test"])
      yield* jar.store("ws://x.a.test/", ["a=evil; Path=/"])
      assert.strictEqual(yield* header(jar, "wss://x.a.test/"), "a=good")
    })
  )
})

describe("S5: a plain connection beside a secure one", () => {
  const plain: ReadonlyArray<readonly [from: string, setCookie: string]> = [
    ["ws://app.a.test/", "sid=evil; Path=/"],
    ["ws://other.a.test/", "sid=evil; Domain=a.test; Path=/"],
    ["ws://a.test/", "sid=evil; Domain=A.test; Path=/x"],
    ["ws://x.app.a.test/", "sid=evil; Domain=.app.a.test; Path=/"]
  ]
  for (const [from, setCookie] of plain) {
    it.effect(`${setCookie} of ${from} does not stand beside the secure one of wss://app.a.test/`, () =>
      Effect.gen(function* () {
        const jar = yield* CookieJar.make
        yield* jar.store("wss://app.a.test/", ["sid=good; Secure; Path=/"])
        yield* jar.store(from, [setCookie])
        assert.strictEqual(yield* header(jar, "wss://app.a.test/x"), "sid=good")
      })
    )
  }
})

describe("time is the Clock's", () => {
  it.effect("Max-Age", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("ws://a.test/", ["a=1; Max-Age=60", "b=2; Max-Age=99999999999999999999"])
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* header(jar, "ws://a.test/"), "a=1; b=2")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* header(jar, "ws://a.test/"), "b=2")
      yield* TestClock.adjust("400 days")
      assert.isUndefined(yield* header(jar, "ws://a.test/"))
    })
  )

  it.effect("a Secure cookie that has expired stands in the way of no plain one", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("wss://a.test/", ["a=1; Secure; Max-Age=60"])
      yield* TestClock.adjust("60 seconds")
      yield* jar.store("ws://a.test/", ["a=2"])
      assert.strictEqual(yield* header(jar, "ws://a.test/"), "a=2")
    })
  )

  it.effect("Expires, and a server that takes its cookie back", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("ws://a.test/", ["a=1; Expires=Thu, 01 Jan 1970 00:01:00 GMT", "b=2"])
      assert.strictEqual(yield* header(jar, "ws://a.test/"), "a=1; b=2")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* header(jar, "ws://a.test/"), "b=2")
      yield* jar.store("ws://a.test/", ["b=; Max-Age=0"])
      assert.isUndefined(yield* header(jar, "ws://a.test/"))
    })
  )
})

describe("Expires is a date with a time, in GMT whatever else it says (RFC 6265 §5.1.1)", () => {
  const rows: ReadonlyArray<readonly [expires: string, secondsToLive: number | undefined]> = [
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60],
    ["Thu, 01-Jan-26 00:01:00 GMT", 60],
    ["Thu Jan  1 00:01:00 2026", 60],
    ["Thu, 01 Jan 2026 00:01:00", 60],
    ["Thu, 01 Jan 2026 00:01:00 PST", 60],
    ["0", undefined],
    ["-1", undefined],
    ["2026", undefined],
    ["2025-12-31", undefined],
    ["00:01:00", undefined]
  ]
  for (const [expires, secondsToLive] of rows) {
    it.effect(`${expires}: ${secondsToLive ?? "none"}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 0, 1))
        const jar = yield* CookieJar.make
        yield* jar.store("ws://a.test/", [`a=1; Expires=${expires}; Path=/`])
        if (secondsToLive !== undefined) {
          yield* TestClock.adjust((secondsToLive - 1) * 1000)
          assert.strictEqual(yield* header(jar, "ws://a.test/"), "a=1")
        }
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* header(jar, "ws://a.test/"), secondsToLive === undefined ? "a=1" : undefined)
      })
    )
  }
})

describe("S5: how much a server can make it hold", () => {
  it.effect("a plain connection cannot crowd out what a secure one set, and then replace it", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("wss://a.test/", ["sid=good; Secure"])
      const many = Array.from({ length: CookieJar.maxPerDomain + 2 }, (_, i) => `c${i}=1`)
      yield* jar.store("ws://a.test/", [...many, "sid=evil"])
      const cookies = (yield* header(jar, "wss://a.test/"))!.split("; ")
      assert.strictEqual(cookies.length, CookieJar.maxPerDomain)
      assert.deepStrictEqual(cookies.slice(0, 2), ["sid=good", "c3=1"])
      for (let i = 0; i < CookieJar.maxCookies; i++) yield* jar.store(`ws://h${i}.test/`, ["a=1"])
      assert.strictEqual(yield* header(jar, "wss://a.test/"), "sid=good")
    })
  )

  it.effect("a cookie of more than 4,096 bytes is none", () =>
    Effect.gen(function* () {
      const room = CookieJar.maxCookieBytes - "a=".length
      assert.strictEqual(
        yield* sent("ws://a.test/", [`a=${"x".repeat(room)}`], "ws://a.test/"),
        `a=${"x".repeat(room)}`
      )
      assert.isUndefined(yield* sent("ws://a.test/", [`a=${"x".repeat(room + 1)}`], "ws://a.test/"))
    })
  )

  it.effect("of more than 50 of one domain the oldest go, and nobody else's", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      yield* jar.store("ws://b.test/", ["b=1"])
      yield* jar.store(
        "ws://a.test/",
        Array.from({ length: CookieJar.maxPerDomain + 2 }, (_, i) => `c${i}=1`)
      )
      const cookies = (yield* header(jar, "ws://a.test/"))!.split("; ")
      assert.strictEqual(cookies.length, CookieJar.maxPerDomain)
      assert.strictEqual(cookies[0], "c2=1")
      assert.strictEqual(yield* header(jar, "ws://b.test/"), "b=1")
    })
  )

  it.effect("of more than 500 in all the oldest go", () =>
    Effect.gen(function* () {
      const jar = yield* CookieJar.make
      for (let i = 0; i <= CookieJar.maxCookies; i++) yield* jar.store(`ws://h${i}.test/`, ["a=1"])
      assert.isUndefined(yield* header(jar, "ws://h0.test/"))
      assert.strictEqual(yield* header(jar, "ws://h1.test/"), "a=1")
    })
  )
})

describe("as an option", () => {
  it.effect("S5: no jar, no cookie: none is kept for the process", () =>
    Effect.gen(function* () {
      for (let i = 0; i < 2; i++) {
        const { network } = yield* dialling()
        const { request } = yield* ServerPeer.accept(yield* network.accept, { headers: [["Set-Cookie", "a=1"]] })
        assert.notInclude(
          request.headers.map(([name]) => name.toLowerCase()),
          "cookie"
        )
      }
    })
  )

  it.effect("kept from one connection to the next, refusals included; a malformed one does no harm", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      const first = yield* dialling({ cookies })
      yield* ServerPeer.answer(
        yield* first.network.accept,
        "HTTP/1.1 401 A\r\nSet-Cookie: a=1\r\nSet-Cookie: ;;=\r\nSet-Cookie: b=2; Path=/elsewhere\r\nContent-Length: 0\r\n\r\n"
      )
      assert.strictEqual((yield* failureOf(first.connecting)).reason._tag, "HandshakeRejected")
      const second = yield* dialling({ cookies })
      const { request } = yield* ServerPeer.accept(yield* second.network.accept, { headers: [["Set-Cookie", "c=3"]] })
      assert.deepInclude(request.headers, ["Cookie", "a=1"])
      yield* Fiber.join(second.connecting)
      const third = yield* dialling({ cookies })
      const { request: last } = yield* ServerPeer.accept(yield* third.network.accept)
      assert.deepInclude(last.headers, ["Cookie", "a=1; c=3"])
    })
  )

  it.effect("beside a Cookie header of the program's: one header, and of two with one name the program's", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      yield* cookies.store("ws://user.test:8080/", ["a=jar", "b=jar"])
      const { network } = yield* dialling({ cookies, headers: { cookie: Redacted.make("a=own; c=own") } })
      const { request } = yield* ServerPeer.accept(yield* network.accept)
      const values = request.headers.filter(([name]) => name.toLowerCase() === "cookie")
      assert.deepStrictEqual(values, [["cookie", "a=own; c=own; b=jar"]])
    })
  )

  it.effect("S5: those of a unix socket are its own, although it is called localhost", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      const sentTo = Effect.fnUntraced(function* (url: string) {
        const { connecting, network } = yield* dialling({ cookies }, url)
        const { request } = yield* ServerPeer.accept(yield* network.accept, { headers: [["Set-Cookie", "a=1"]] })
        yield* Fiber.join(connecting)
        return request.headers.find(([name]) => name === "Cookie")?.[1]
      })
      assert.isUndefined(yield* sentTo("ws+unix:/run/a.sock"))
      assert.isUndefined(yield* sentTo("ws+unix:/run/b.sock"))
      assert.isUndefined(yield* sentTo("ws://localhost/"))
      assert.strictEqual(yield* sentTo("ws+unix:/run/a.sock"), "a=1")
    })
  )

  it.effect("of a long-lived client, kept over its connections", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      const { accept } = yield* made({ cookies }, { headers: [["Set-Cookie", "a=1"]] })
      const first = yield* accept
      assert.notInclude(JSON.stringify(first.server.request.headers), "a=1")
      first.wire.reset()
      yield* TestClock.adjust("1 second")
      assert.deepInclude((yield* accept).server.request.headers, ["Cookie", "a=1"])
    })
  )

  it.effect("cleared, it is empty; and it shows nothing", () =>
    Effect.gen(function* () {
      const cookies = yield* CookieJar.make
      yield* cookies.store("ws://a.test/", ["a=secret"])
      assert.notInclude(String(yield* cookies.header("ws://a.test/")), "secret")
      yield* cookies.clear
      assert.isUndefined(yield* cookies.header("ws://a.test/"))
    })
  )
})
