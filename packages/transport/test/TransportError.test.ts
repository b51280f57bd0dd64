/** Every reason says something, survives a trip through JSON, and can be handled on its own. */
import { assert, describe, it } from "@effect/vitest"
import {
  HostNotFound,
  ProxyFailed,
  ProxyProblem,
  Refused,
  Reset,
  TimedOut,
  TlsFailed,
  TlsProblem,
  TransportError,
  type TransportReason,
  Unreachable
} from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const proxy = { proxy: "http://proxy.test:3128", hop: 1, to: "example.com:443" }

const reasons: ReadonlyArray<TransportReason> = [
  new HostNotFound({ host: "ws.test", code: "ENOTFOUND" }),
  new HostNotFound({ host: "ws.test", code: "EAI_AGAIN" }),
  new HostNotFound({ host: "proxy.test", code: "ENOTFOUND", proxy: proxy.proxy }),
  new Refused({ address: "127.0.0.1:80" }),
  new Refused({ address: "127.0.0.1:3128", proxy: proxy.proxy }),
  new Unreachable({ address: "127.0.0.1:3128", code: "EHOSTUNREACH", proxy: proxy.proxy }),
  ...["EHOSTUNREACH", "EACCES", "EADDRNOTAVAIL", "EMFILE"].map(
    (code) => new Unreachable({ address: "127.0.0.1:80", code })
  ),
  new Reset({}),
  new Reset({ code: "ECONNRESET" }),
  new Reset({ code: "ECONNRESET", proxy: proxy.proxy }),
  new TimedOut({ stage: "tcp" }),
  ...TlsProblem.literals.map((problem) => new TlsFailed({ problem, detail: "as it was told" })),
  ...TlsProblem.literals.map(
    (problem) => new TlsFailed({ problem, detail: "as it was told", proxy: "https://proxy.test:443" })
  ),
  new TlsFailed({ problem: "other", detail: "" }),
  ...ProxyProblem.literals.map((problem) => new ProxyFailed({ ...proxy, problem, detail: "as it was told" })),
  new ProxyFailed({ ...proxy, hop: 2, problem: "refused", status: 403, detail: "It said 403 Forbidden" }),
  new ProxyFailed({ ...proxy, problem: "authentication required", schemes: ["Negotiate", "Basic"], detail: "" }),
  new ProxyFailed({ ...proxy, problem: "authentication required", schemes: [], detail: "" })
]

describe("TransportError", () => {
  for (const reason of reasons) {
    it(`${reason._tag} ${JSON.stringify({ ...reason })}`, () => {
      const error = new TransportError({ reason })
      assert.match(error.message, /^\S.{20,}[^\s:]$/)
      assert.strictEqual(error.message, reason.message)
      const json = JSON.stringify(Schema.encodeSync(Schema.toCodecJson(TransportError))(error))
      const back = Schema.decodeUnknownSync(Schema.toCodecJson(TransportError))(JSON.parse(json))
      assert.instanceOf(back, TransportError)
      assert.strictEqual(back.message, error.message)
    })
  }

  it("messages are all different", () => {
    assert.strictEqual(new Set(reasons.map(({ message }) => message)).size, reasons.length)
  })

  const advice: Record<string, string> = {
    EACCES: "permissions and firewall",
    EPERM: "permissions and firewall",
    EADDRNOTAVAIL: "check localAddress and localPort",
    EADDRINUSE: "choose another localPort",
    EINVAL: "choose another localAddress",
    ENOENT: "check the path, and that the server is running",
    ENOTDIR: "check the path",
    ENAMETOOLONG: "at most about 100 bytes",
    EAGAIN: "check that it is not stuck",
    EPROTOTYPE: "a socket of another kind",
    EMFILE: "raise the limit of open files",
    ENFILE: "raise the limit of open files",
    ERR_ACCESS_DENIED: "--allow-net",
    EHOSTUNREACH: "check the route and any firewall",
    ENETUNREACH: "check the route and any firewall"
  }
  for (const [code, words] of Object.entries(advice)) {
    it(`${code} comes with advice: ${words}`, () => {
      const { message } = new Unreachable({ address: "127.0.0.1:80", code })
      assert.include(message, `127.0.0.1:80 could not be reached (${code}): `)
      assert.include(message, words)
    })
  }

  for (const [code, words] of [
    ["EMFILE", "raise the limit of open files"],
    ["ERR_ACCESS_DENIED", "--allow-net"]
  ] as const) {
    it(`a lookup that this process cannot make does not blame the name: ${code}`, () => {
      const { message } = new HostNotFound({ host: "ws.test", code })
      assert.include(message, `This process could not look up "ws.test" (${code}): `)
      assert.include(message, words)
    })
  }

  it("shows what a peer wrote only escaped", () => {
    const { message } = new TlsFailed({ problem: "wrong host", detail: "\x1b[31mevil\u202e" })
    assert.include(message, "\\u{1b}[31mevil\\u{202e}")
  })

  it("shows what a proxy wrote only escaped", () => {
    const evil = "\x1b[31mevil\u202e"
    const { message } = new ProxyFailed({ ...proxy, problem: "authentication required", schemes: [evil], detail: evil })
    assert.strictEqual(message.split("\\u{1b}[31mevil\\u{202e}").length, 3)
  })

  it.effect("is handled by reason", () =>
    Effect.gen(function* () {
      const refused: Effect.Effect<string, TransportError> = Effect.fail(
        new TransportError({ reason: new Refused({ address: "127.0.0.1:80" }) })
      )
      const handled = Effect.catchReason(refused, "TransportError", "Refused", ({ address }) => Effect.succeed(address))
      assert.strictEqual(yield* handled, "127.0.0.1:80")
    })
  )
})
