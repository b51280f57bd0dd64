/** A host with several addresses, over real sockets: the message of the error alone tells what was tried, and how. */
import { assert, describe, it } from "@effect/vitest"
import { type ConnectError, WebSocket } from "@effect-websocket/client"
import { Resolver, Transport } from "@effect-websocket/transport"
import { Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { deaf } from "../../transport/test/pairs/deaf.ts"
import { leavesNothing } from "./left.ts"

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope | Transport>) =>
  it.live(name, () =>
    leavesNothing(test()).pipe(
      Effect.provide([Transport.layer, Resolver.layerHosts({ "ws.test": ["127.0.0.2", "127.0.0.1"] })])
    )
  )

const addresses = { attemptDelay: "10 millis" }

/** The lines of the message, but for times and the port. */
const lines = ({ message }: ConnectError, port: number) =>
  message
    .replaceAll(String(port), "PORT")
    .replace(/\d+\.\d ms/g, "T")
    .split("\n")

describe("a dial that fails everywhere", () => {
  live("no address answers in time: one is silent, one refuses", () =>
    Effect.gen(function* () {
      const { port } = yield* Effect.scoped(Listener.make())
      yield* deaf("127.0.0.2", port)
      const error = yield* Effect.flip(
        WebSocket.connect(`ws://ws.test:${port}/`, { addresses, deadlines: { openTimeout: "500 millis" } })
      )
      assert.deepStrictEqual(lines(error, port), [
        "No connection to ws://ws.test:PORT/: Opening the connection timed out (tcp): check the address and the network, or allow more time",
        "  dns ws.test (at T, took T): 127.0.0.2, 127.0.0.1",
        "  tcp 127.0.0.2:PORT (at T, took T): interrupted",
        "  tcp 127.0.0.1:PORT (at T, took T): 127.0.0.1:PORT refused the connection: check that the server is running and listens there"
      ])
    })
  )

  live("one that is silent is overtaken by one that is no WebSocket server", () =>
    Effect.gen(function* () {
      const listener = yield* Listener.make()
      const { port } = listener
      yield* deaf("127.0.0.2", port)
      const serving = Effect.map(listener.accept, ({ send }) =>
        send(new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"))
      )
      yield* Effect.forkScoped(serving)
      const error = yield* Effect.flip(WebSocket.connect(`ws://ws.test:${port}/`, { addresses }))
      const [head, dns, silent, taken, upgrade, ...more] = lines(error, port)
      assert.deepStrictEqual(
        [dns, silent, taken, more],
        [
          "  dns ws.test (at T, took T): 127.0.0.2, 127.0.0.1",
          "  tcp 127.0.0.2:PORT (at T, took T): closed, since another address was faster",
          "  tcp 127.0.0.1:PORT (at T, took T): done",
          []
        ]
      )
      assert.match(head!, /^No connection to .*The server's handshake breaks/)
      assert.match(upgrade!, /^ {2}upgrade ws:\/\/ws.test:PORT\/ \(at T, took T\): The server's handshake breaks/)
    })
  )
})
