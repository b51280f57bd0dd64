/** What is said about a TCP socket reaches the operating system: seen at the handle of a real one. */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { SocketOptions, Transport } from "@effect-websocket/transport"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { listen } from "./pairs/node.ts"

describe("SocketOptions", () => {
  it("by default small segments leave at once, and TCP asks after 30 s of silence", () => {
    const defaults = { noDelay: true, keepAlive: Duration.seconds(30) }
    assert.deepStrictEqual(SocketOptions.make({}), defaults)
    assert.deepStrictEqual(Schema.decodeSync(SocketOptions)({}), defaults)
  })

  it("refuses less than a second, which Node would take for the system's own two hours", () => {
    const result = Schema.decodeUnknownResult(SocketOptions)({ keepAlive: "900 millis" })
    if (result._tag === "Success") return assert.fail("took it")
    assert.match(result.failure.message, /1 second or longer/)
  })

  it("refuses what Linux cannot count, and would take for the two hours of the system", () => {
    const decode = Schema.decodeUnknownResult(SocketOptions)
    assert.strictEqual(decode({ keepAlive: "32767 seconds" })._tag, "Success")
    for (const keepAlive of ["32768 seconds", "10 hours", Duration.infinity]) {
      const result = decode({ keepAlive })
      if (result._tag === "Success") return assert.fail("took it")
      assert.match(result.failure.message, /32,767 seconds or shorter/)
    }
  })

  it.effect("can come from the environment", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromUnknown({
        a: { noDelay: "false", keepAlive: "false" },
        b: { keepAlive: "1 minute" }
      })
      assert.deepStrictEqual(yield* Config.schema(SocketOptions, "a").parse(provider), {
        noDelay: false,
        keepAlive: false
      })
      assert.deepStrictEqual(yield* Config.schema(SocketOptions, "b").parse(provider), {
        noDelay: true,
        keepAlive: Duration.minutes(1)
      })
    })
  )

  const rows: ReadonlyArray<readonly [options: typeof SocketOptions.Encoded, calls: ReadonlyArray<string>]> = [
    [{}, ["setNoDelay true", "setKeepAlive true 30"]],
    [{ noDelay: false }, ["setKeepAlive true 30"]],
    [{ keepAlive: false }, ["setNoDelay true"]],
    [{ noDelay: false, keepAlive: false }, []],
    [{ keepAlive: "90 seconds" }, ["setNoDelay true", "setKeepAlive true 90"]]
  ]
  for (const [options, calls] of rows) {
    it.live(`${JSON.stringify(options)} as told to the system`, () =>
      Effect.gen(function* () {
        const { accept, port } = yield* listen(Net.createServer())
        const told = yield* whatHandlesAreTold
        yield* Transport.use((transport) =>
          transport.open({
            host: "127.0.0.1",
            port,
            socket: Schema.decodeSync(SocketOptions)(options),
            report: () => {}
          })
        ).pipe(Effect.provide(Transport.layer))
        yield* accept
        assert.deepStrictEqual(told, calls)
      })
    )
  }
})

/** The calls that Node makes to set options of TCP sockets, while the scope is open. */
const whatHandlesAreTold = Effect.gen(function* () {
  const told: Array<string> = []
  const { prototype } = yield* tcpHandle
  for (const name of ["setNoDelay", "setKeepAlive"] as const) {
    const original = prototype[name]
    prototype[name] = function (this: unknown, ...values: Array<unknown>) {
      told.push([name, ...values.filter((value) => value !== undefined)].join(" "))
      return original.apply(this, values)
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => Object.assign(prototype, { [name]: original })))
  }
  return told
})

type Setter = (...values: Array<unknown>) => unknown

/** The class of Node's TCP handles, which only a socket that has one shows. */
const tcpHandle = Effect.scoped(
  Effect.gen(function* () {
    const server = Net.createServer()
    yield* listen(server)
    const { _handle: handle } = server as unknown as { readonly _handle: object }
    return { prototype: Object.getPrototypeOf(handle) as Record<"setNoDelay" | "setKeepAlive", Setter> }
  })
)
