/** The secrets of a connection are written when an option says so, and only then. */
import { readFileSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import type * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { TlsOptions, Transport } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import { authority, good, open, problemOf, server, temporaryFolder } from "./tls.ts"

describe("keylog", () => {
  it.live("gets the secrets of every connection, after what is in the file, for its owner alone to read", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const older = file("older.log", "# mine\n")
      const keylog = { path: older.path.replace("older", "new") }
      const { accept, port } = yield* server(good)
      for (const log of [keylog, keylog, older]) {
        yield* open(port, { ca: authority.cert, keylog: log, resumption: false })
        yield* accept
      }
      const lines = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n")
      assert.strictEqual(lines(keylog.path).filter((line) => line.startsWith("CLIENT_TRAFFIC_SECRET_0 ")).length, 2)
      assert.strictEqual(lines(older.path)[0], "# mine")
      assert.isTrue(lines(older.path).length > 4)
      assert.strictEqual(statSync(keylog.path).mode & 0o777, 0o600)
    })
  )

  it.live("that can no longer be written ends the connection", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const { port } = yield* server(good)
      const { path } = file("gone/keys.log", "")
      const error = yield* Transport.use((transport) =>
        transport.open({
          host: "127.0.0.1",
          port,
          tls: TlsOptions.make({ ca: authority.cert, keylog: { path } }),
          report: () => rmSync(dirname(path), { recursive: true, force: true })
        })
      ).pipe(Effect.provide(Transport.layer), Effect.flip)
      assert.strictEqual(problemOf(error), "key log")
      assert.include(error.message, "ENOENT")
    })
  )
})

describe("S19: SSLKEYLOGFILE in the environment", () => {
  it.live("writes no secrets", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const { path } = file("keys.log", "")
      const { accept, port } = yield* server(good)
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          process.env.SSLKEYLOGFILE = path
        }),
        () =>
          Effect.sync(() => {
            delete process.env.SSLKEYLOGFILE
          })
      )
      yield* open(port, { ca: authority.cert })
      assert.isDefined(((yield* accept) as Tls.TLSSocket).getSession())
      assert.strictEqual(readFileSync(path, "utf8"), "")
    })
  )
})
