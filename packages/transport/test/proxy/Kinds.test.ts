/** Every kind of proxy: by which schemes, and that no answer whatsoever gets one of them into trouble. */
import { assert, describe, it } from "@effect/vitest"
import { HttpHead } from "@effect-websocket/core"
import { Random, seed } from "../../../core/test/random.ts"
import { kinds } from "../../src/internal/proxy/Kinds.ts"
import { play, server } from "./conversation.ts"

it("six schemes, with their ports, as docs/proxies.md has them", () => {
  const table = Object.entries(kinds).map(([scheme, { defaultPort, isTls, takes }]) => [
    scheme,
    defaultPort,
    isTls,
    takes
  ])
  assert.deepStrictEqual(table, [
    ["http", 80, false, "names"],
    ["https", 443, true, "names"],
    ["socks4", 1080, false, "IPv4 addresses"],
    ["socks4a", 1080, false, "names"],
    ["socks5", 1080, false, "addresses"],
    ["socks5h", 1080, false, "names"]
  ])
})

describe(`whatever a proxy answers, there is an end or a wait, and nothing is sent but the request (seed ${seed})`, () => {
  const honest: Record<string, Uint8Array> = {
    http: HttpHead.encode("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"),
    socks4: Uint8Array.of(0, 0x5a, 0, 0, 0, 0, 0, 0),
    socks5: Uint8Array.of(5, 2, 1, 0, 5, 0, 0, 3, 4, 1, 2, 3, 4, 0, 80)
  }
  for (const [scheme, { takes, tunnel }] of Object.entries(kinds)) {
    it(scheme, () => {
      const random = new Random()
      const answer = honest[scheme.replace(/s$|a$|h$/, "")]!
      const to = { host: takes === "names" ? "ws.test" : "192.0.2.1", port: 443 }
      const start = () => tunnel(to, server(scheme, { username: "ann", password: "s3cret" }))
      const whole = play(start(), [answer])
      assert.deepInclude(whole.end, { _tag: "Established" })
      for (let round = 0; round < 2000; round++) {
        const bytes = random.chance(2) ? random.bytes(random.int(64)) : mutate(random, answer)
        const played = play(start(), random.cut(bytes))
        if (played.end?._tag === "Refusal") assert.match(played.end.problem, /\w/)
        // Each thing said is one that an honest proxy would have heard, or what follows from its choice of method.
        assert.isAtMost(played.sent.length, whole.sent.length)
        assert.strictEqual(played.sent[0], whole.sent[0])
      }
    })
  }
})

const mutate = (random: Random, bytes: Uint8Array): Uint8Array => {
  const changed = bytes.slice(0, random.chance(3) ? random.int(bytes.length) : bytes.length)
  if (changed.length > 0) changed[random.int(changed.length)] = random.int(0x100)
  return Uint8Array.from([...changed, ...random.bytes(random.int(8))])
}
