/** RFC 7692 §5, Extension Negotiation: what is offered, and which answers a client must not take. */
import { assert, describe, it } from "@effect/vitest"
import type { ConnectOptions } from "@effect-websocket/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { accepts, dialled, head, opened } from "./wire.ts"

type Offers = NonNullable<Exclude<ConnectOptions["compression"], false | undefined>["offers"]>

const rows: ReadonlyArray<readonly [what: string, offers: Offers, header: string]> = [
  ["by its name", [{}], "permessage-deflate"],
  [
    "with all its parameters",
    [
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11
      }
    ],
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"
  ],
  [
    "the most preferred configuration first, fallbacks after it",
    [{ serverMaxWindowBits: 10 }, { clientMaxWindowBits: true }, {}],
    "permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits, permessage-deflate"
  ]
]

const offered = /\r\nSec-WebSocket-Extensions: ([^\r]*)\r\n/

describe("§5.1: a client MUST include a PMCE that it offers in Sec-WebSocket-Extensions", () => {
  for (const [what, offers, header] of rows) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const { request } = yield* dialled({ compression: { offers } })
        assert.strictEqual(offered.exec(request)?.[1], header)
      })
    )
  }

  it.effect("and one that it does not offer is not there", () =>
    Effect.gen(function* () {
      const { request } = yield* dialled({ compression: false })
      assert.isNull(offered.exec(request))
    })
  )
})

describe("§5.1: a client MUST fail the connection when the server accepts what it did not offer", () => {
  const answers: ReadonlyArray<readonly [header: string, check: string, options?: ConnectOptions]> = [
    ["permessage-deflate", "ExtensionNotOffered", { compression: false }],
    ["permessage-bzip2", "ExtensionNotOffered"],
    ["permessage-deflate, permessage-bzip2", "ExtensionNotOffered"],
    ["permessage-deflate, permessage-deflate", "ExtensionRepeated"],
    ["Permessage-Deflate", "ExtensionNotOffered"],
    ["", "ExtensionMalformed"]
  ]
  for (const [header, check, options] of answers) {
    it.effect(`"${header}" to ${JSON.stringify(options ?? "the defaults")}`, () =>
      Effect.gen(function* () {
        const { connecting, wire } = yield* dialled(options)
        wire.send(head([...accepts, `Sec-WebSocket-Extensions: ${header}`]))
        const { reason } = yield* Effect.flip(Fiber.join(connecting))
        assert.deepInclude(reason, { _tag: "HandshakeInvalid", check })
      })
    )
  }
})

describe("§5: what was negotiated applies, in both directions", () => {
  it.effect("the PMCE is in use when the server accepted it", () =>
    Effect.gen(function* () {
      const { says, sent, socket } = yield* opened({ extensions: "permessage-deflate" })
      says("c107 f248cdc9c90700")
      assert.strictEqual(yield* socket.receive, "Hello")
      yield* socket.send("Hello")
      assert.match(yield* sent, /^c1/)
    })
  )

  it.effect("no PMCE is in use when it did not", () =>
    Effect.gen(function* () {
      const { sent, socket } = yield* opened()
      assert.isUndefined(socket.extensions)
      yield* socket.send("Hello")
      assert.match(yield* sent, /^81/)
    })
  )
})
