/** Debian's python3-websockets as a peer, and connections to it. What it does is in `server.py`. */
import { fileURLToPath } from "node:url"
import { NodeServices } from "@effect/platform-node"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Program from "./Program.ts"

const Ports = Schema.fromJsonString(
  Schema.Struct({ version: Schema.String, plain: Schema.Number, secure: Schema.Number })
)

export type Kind = "plain" | "secure" | "unix"

/** Its URLs, without a resource name. */
export class Python extends Context.Service<Python, Record<Kind, string>>()("compliance/interop/Python") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const folder = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${folder}/cert.pem`, certificate.cert)
      yield* files.writeFileString(`${folder}/key.pem`, certificate.key)
      const script = fileURLToPath(new URL("server.py", import.meta.url))
      // Isolated, and Debian's own: another Python on the PATH does not see Debian's packages.
      const args = ["-I", script, `${folder}/cert.pem`, `${folder}/key.pem`, `${folder}/socket`]
      const program = yield* Program.start("python3-websockets", "/usr/bin/python3", args)
      const line = yield* Program.firstLine("python3-websockets", program)
      const { plain, secure, version } = yield* Schema.decodeEffect(Ports)(line)
      yield* Console.log(
        `python3-websockets ${version} listens on ports ${plain} (TCP) and ${secure} (TLS), and on a unix socket`
      )
      return {
        plain: `ws://127.0.0.1:${plain}`,
        secure: `wss://127.0.0.1:${secure}`,
        unix: `ws+unix:${folder}/socket:`
      }
    })
  ).pipe(Layer.provide(NodeServices.layer))
}

export const connectOver =
  (kind: Kind) =>
  (path: string, options: ConnectOptions = {}) =>
    Effect.flatMap(Python, (urls) =>
      WebSocket.connect(urls[kind] + path, { limits, tls: { ca: certificate.cert }, ...options })
    )

const certificate = Certificate.make({ names: ["127.0.0.1"] })

const limits = { maxMessageBytes: 32 * 0x100000 }
