/** What the tests of TLS share: an authority and its certificates, a server of Node's, and a dial to it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Tls from "node:tls"
import { type DialStep, TlsOptions, Transport, type TransportError } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { listen } from "./pairs/node.ts"

export const authority = Certificate.make({ names: ["Test Authority"], isAuthority: true })
export const stranger = Certificate.make({ names: ["Stranger"], isAuthority: true })
export const good = Certificate.make({ names: ["localhost", "127.0.0.1", "ws.test"], issuer: authority })
export const client = Certificate.make({ names: ["Client"], issuer: authority })

export type Options = (typeof TlsOptions)["~type.make.in"]

export const server = (options: Tls.TlsOptions) =>
  Effect.suspend(() => listen(Tls.createServer({ allowHalfOpen: true, ...options })))

/** Opens a connection over the Transport that is provided. */
export const dial = (port: number, options: Options, steps: Array<DialStep> = []) =>
  Transport.use((transport) =>
    transport.open({ host: "127.0.0.1", port, tls: TlsOptions.make(options), report: (step) => steps.push(step) })
  )

/** Opens a connection over a Transport of its own. */
export const open = (
  port: number,
  options: Options,
  steps: Array<DialStep> = [],
  layer: Layer.Layer<Transport> = Transport.layer
) => Effect.provide(dial(port, options, steps), layer)

export const problemOf = ({ reason }: TransportError) => (reason._tag === "TlsFailed" ? reason.problem : reason)

/** Writes files into a folder that goes with the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tls-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
).pipe(
  Effect.map((folder) => (name: string, text: string | Uint8Array) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return { path }
  })
)
