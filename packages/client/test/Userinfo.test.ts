import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Userinfo from "../src/internal/Userinfo.ts"

const of = (url: string) => Userinfo.authorizationOf(new URL(url))

const credentials = (url: string) => {
  const authorization = Result.getOrThrow(of(url))
  if (authorization === undefined) return undefined
  const [scheme, encoded] = Redacted.value(authorization).split(" ")
  assert.strictEqual(scheme, "Basic")
  return Buffer.from(encoded!, "base64").toString("utf8")
}

describe("S33: userinfo becomes Basic authentication (RFC 7617), it is never dropped", () => {
  const rows: ReadonlyArray<readonly [url: string, credentials: string | undefined]> = [
    ["ws://host/", undefined],
    ["ws://@host/", undefined],
    ["ws://user:pass@host/", "user:pass"],
    ["ws://user@host/", "user:"],
    ["ws://:pass@host/", ":pass"],
    ["ws://user:a:b@host/", "user:a:b"],
    ["ws://us%20er:p%40ss%2F%3F@host/", "us er:p@ss/?"],
    ["ws://müller:pässwörd@host/", "müller:pässwörd"],
    ["ws://m%C3%BCller:€@host/", "müller:€"],
    // The example of RFC 7617 §2.
    ["wss://Aladdin:open%20sesame@host/", "Aladdin:open sesame"]
  ]
  for (const [url, expected] of rows) it(url, () => assert.strictEqual(credentials(url), expected))

  it("the header of the RFC's example", () => {
    const authorization = Result.getOrThrow(of("ws://Aladdin:open%20sesame@host/"))
    assert.strictEqual(Redacted.value(authorization!), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    assert.notInclude(String(authorization), "QWxh")
  })
})

describe("S33: what it cannot say is refused, with the reason", () => {
  const rows: ReadonlyArray<readonly [url: string, problem: RegExp]> = [
    ["ws://us%3Aer:pass@host/", /colon/],
    ["ws://user:%FF@host/", /percent-encoded/],
    ["ws://%C3@host/", /percent-encoded/],
    ["ws://user:a%00b@host/", /control character/],
    ["ws://user:a%0D%0AX-Injected:%20b@host/", /control character/],
    ["ws://a%C2%85b@host/", /control character/]
  ]
  for (const [url, problem] of rows) {
    it(url, () => {
      const answer = of(url)
      assert.match(Result.isFailure(answer) ? answer.failure : "it was taken", problem)
    })
  }
})
