/** Decoding field by field gives the answer of the whole schema, whichever options are given. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { InvalidOptions } from "../src/ConnectError.ts"
import * as OptionDecoder from "../src/internal/OptionDecoder.ts"
import * as Options from "../src/Options.ts"

class Given {
  readonly origin = "https://example.com"
}

/** Values for each option, legal or not; undefined stands for one that is not given. */
const values: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  compression: [false, {}, { level: 1, offers: [{ serverMaxWindowBits: 10 }] }, { level: 10 }, { offers: [] }, true],
  deadlines: [{}, { openTimeout: "2 seconds", idleTimeout: Duration.minutes(1) }, { openTimeout: 0 }, { open: 1 }],
  headers: [{ "X-A": "b", Authorization: Redacted.make("secret") }, { "X-A": undefined }, { "X-A": 1 }, "X-A: b"],
  keepAlive: [false, { timeout: 5 }, { interval: undefined }, { jitter: 2 }, true, null],
  limits: [
    { maxMessageBytes: "unlimited" },
    { maxFrameBytes: 1, maxHeaders: undefined },
    { maxHeaders: 0 },
    [],
    new Given()
  ],
  addresses: [{ family: 4 }, { family: 4, localAddress: "::1" }],
  socket: [{ keepAlive: false }, { noDelay: 1 }],
  tls: [{ verify: "none", ca: "pem" }, { alpn: ["h2"] }, { key: "secret" }],
  proxy: ["none", "http://user:secret@proxy:1", ["socks5://a:1", "http://b:2"], "ftp://c:3"],
  redirects: [{ limit: 1 }, {}, false],
  trace: [true, { level: "Debug" }, { payloadBytes: 500 }],
  subprotocols: [["chat"], [], "chat"],
  origin: ["https://example.com", null],
  text: ["bytes", "string", "number"],
  delivery: ["messages", "frames", "all"],
  unknown: [1]
}

/** Both answers, made comparable: an error by its message. */
const bothOf = Effect.fnUntraced(function* (options: unknown) {
  const message = Effect.mapError(({ message }: InvalidOptions) => message)
  const reference = yield* Effect.result(message(OptionDecoder.whole(Options.ConnectOptions)(options)))
  return { reference, answer: yield* Effect.result(message(Options.decode(options))) }
})

const check = (options: unknown) =>
  Effect.map(bothOf(options), ({ answer, reference }) => assert.deepStrictEqual(answer, reference))

describe("byField answers as whole does", () => {
  for (const options of [{}, undefined, null, "text", [], new Given(), Object.create(null)]) {
    it.effect(`nothing, or nothing that options are: ${JSON.stringify(options)}`, () => check(options))
  }

  for (const [name, given] of Object.entries(values)) {
    it.effect(`${name}: each value alone`, () =>
      Effect.forEach([undefined, ...given], (value) => check({ [name]: value }), { discard: true })
    )
  }

  const indices = Object.entries(values).map(([name, given]) => {
    return [name, Schema.optionalKey(Schema.Literals([...given.keys()]))] as const
  })
  it.effect.prop("any of them together", [Schema.Struct(Object.fromEntries(indices))], ([chosen]) =>
    check(Object.fromEntries(Object.entries(chosen).map(([name, index]) => [name, values[name]![index!]])))
  )

  it.effect("each value was met as legal and as illegal", () =>
    Effect.gen(function* () {
      const alone = Object.entries(values).flatMap(([name, given]) => given.map((value) => ({ [name]: value })))
      const answers = yield* Effect.forEach(alone, bothOf)
      const legal = answers.filter(({ answer }) => Result.isSuccess(answer)).length
      assert.isAbove(legal, 20)
      assert.isAbove(answers.length - legal, 20)
    })
  )
})

describe("byField", () => {
  it.effect("what is given is not written into the defaults", () =>
    Effect.gen(function* () {
      const before = yield* Options.decode({})
      const other = yield* Options.decode({ origin: "https://example.com", limits: { maxHeaders: 1 } })
      assert.strictEqual(other.limits.maxHeaders, 1)
      assert.deepStrictEqual(yield* Options.decode({}), before)
    })
  )
})
