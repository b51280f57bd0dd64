import { assert, describe, it } from "@effect/vitest"
import { AtLeastOnce, ClientData, ConnectOptions, CookieJar, Requests, Subscriptions } from "@effect-websocket/client"
import { defaultMaxBufferedBytes } from "@effect-websocket/client/Socket"
import * as Duration from "effect/Duration"
import * as Blocks from "./Blocks.ts"

const rows = new Map(
  [...Blocks.read("docs/limits.md").matchAll(/^\| `([^`]+)` +\| ([^|]+?) +\|/gm)].map(([, name, value]) => [
    name!,
    value!
  ])
)

const written = (name: string, value: number | string | boolean | Duration.Duration): string => {
  if (Duration.isDuration(value)) return `${Duration.toSeconds(value)} s`
  if (typeof value !== "number" || !name.endsWith("Bytes")) return value.toLocaleString("en")
  return value < 0x100000 ? `${value / 1024} KiB` : `${value / 0x100000} MiB`
}

describe("docs/limits.md names every limit with the default that holds", () => {
  const { addresses, deadlines, keepAlive, limits, socket, tls } = ConnectOptions.make({})
  const { alpn, resumption, verify } = tls
  const client = ClientData.make({ url: "wss://example.com/" })
  const aboveConnections = {
    requests: Requests.Options.make({}),
    reconnect: client.reconnect,
    outbox: client.outbox,
    subscriptions: Subscriptions.Options.make({}),
    atLeastOnce: AtLeastOnce.Options.make({})
  }
  for (const [group, values] of Object.entries({
    limits,
    deadlines,
    keepAlive,
    addresses,
    socket,
    tls: { verify, alpn: String(alpn), resumption },
    ...aboveConnections
  })) {
    for (const [option, value] of Object.entries(values)) {
      const name = `${group}.${option}`
      it(name, () => assert.strictEqual(rows.get(name), written(name, value)))
    }
  }

  for (const name of ["maxCookieBytes", "maxPerDomain", "maxCookies"] as const) {
    it(`CookieJar.${name}`, () => assert.strictEqual(rows.get(`CookieJar.${name}`), written(name, CookieJar[name])))
  }

  for (const option of ["redirects", "trace"] as const) {
    it(option, () => {
      assert.isFalse(ConnectOptions.make({})[option])
      assert.strictEqual(rows.get(option), "off")
    })
  }

  it("limits.maxFrameBytes has none of its own", () => {
    assert.isUndefined(limits.maxFrameBytes)
    assert.strictEqual(rows.get("limits.maxFrameBytes"), "none")
  })

  it("keepAlive.jitter has none of its own, since a client's differs", () => {
    assert.notProperty(keepAlive, "jitter")
    assert.strictEqual(rows.get("keepAlive.jitter"), "0")
  })

  it("deadlines.idleTimeout has none", () => {
    assert.isUndefined(deadlines.idleTimeout)
    assert.strictEqual(rows.get("deadlines.idleTimeout"), "none")
  })

  it("maxBufferedBytes", () => {
    assert.strictEqual(rows.get("maxBufferedBytes"), written("maxBufferedBytes", defaultMaxBufferedBytes))
  })
})
