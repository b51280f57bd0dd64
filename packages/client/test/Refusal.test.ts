import { assert, describe, it } from "@effect/vitest"
import type { OpeningHandshake } from "@effect-websocket/core"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Refusal from "../src/internal/Refusal.ts"

type Headers = OpeningHandshake.Rejected["headers"]

/** At noon of 1 January 2026. */
const refusal = (headers: Headers, status = 503) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.UTC(2026, 0, 1, 12))
    const said = {
      _tag: "Rejected",
      status,
      statusText: "",
      headers,
      body: new Uint8Array(0),
      bodyTruncated: false
    } as const
    return Refusal.make(said, yield* Clock.Clock)
  })

describe("Retry-After (RFC 9110 §10.2.3)", () => {
  const rows: ReadonlyArray<readonly [headers: Headers, wait: Duration.Input | undefined]> = [
    [[["Retry-After", "120"]], "120 seconds"],
    [[["retry-after", "0"]], 0],
    [[["Retry-After", "Thu, 01 Jan 2026 12:00:30 GMT"]], "30 seconds"],
    [[["Retry-After", "Thursday, 01-Jan-26 12:01:00 GMT"]], "1 minute"],
    [[["Retry-After", "Thu Jan  1 13:00:00 2026"]], "1 hour"],
    [[["Retry-After", "Thu, 01 Jan 2026 11:00:00 GMT"]], 0],
    [[["Retry-After", "soon"]], undefined],
    [[["Retry-After", "-1"]], undefined],
    [[["Retry-After", "1.5"]], undefined],
    [[["Retry-After", ""]], undefined],
    [
      [
        ["Retry-After", "1"],
        ["Retry-After", "2"]
      ],
      undefined
    ],
    [[], undefined]
  ]
  for (const [headers, wait] of rows) {
    it.effect(JSON.stringify(headers), () =>
      Effect.gen(function* () {
        const { message, retryAfter } = yield* refusal(headers)
        assert.deepStrictEqual(
          retryAfter && Duration.toMillis(retryAfter),
          wait === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(wait))
        )
        assert.strictEqual(message.includes("wait "), wait !== undefined)
      })
    )
  }

  it.effect("a number of a thousand digits is a very long wait", () =>
    Effect.gen(function* () {
      const { retryAfter } = yield* refusal([["Retry-After", "9".repeat(1000)]])
      assert.isTrue(Duration.isGreaterThan(retryAfter!, Duration.days(100_000)))
    })
  )
})

describe("headers of a refusal", () => {
  const rows: ReadonlyArray<readonly [name: string, value: string, shown: string]> = [
    ["Set-Cookie", "id=secret", "<redacted>"],
    ["WWW-Authenticate", "Bearer secret", "<redacted>"],
    ["Location", "https://user:secret@example.com/login?next=secret", "https://example.com/login?<redacted>"],
    ["Location", "/login#secret", "/login?<redacted>"],
    ["Refresh", "0;url=https://example.com/?secret", "0;url=https://example.com/?<redacted>"],
    ["X-Help", "is it up? ask //ops@example.com #1", "is it up? ask //ops@example.com #1"]
  ]
  for (const [name, value, shown] of rows) {
    it.effect(`${name}: ${value} is shown as ${shown}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* refusal([[name, value]])).headers, [[name.toLowerCase(), shown]])
      })
    )
  }
})
