/** Debian's proxies, each with a configuration of the test's on a free port of 127.0.0.1, and in the scope that asks. */
import { NodeServices } from "@effect/platform-node"
import { Certificate, Listener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Program from "./Program.ts"

export const certificate = Certificate.make({ names: ["127.0.0.1"] })

export const credentials = { username: "ann", password: "open-sesame" }

/** HTTP CONNECT, with Basic credentials or without. */
export const tinyproxy = Effect.fnUntraced(function* ({ isPrivate = false } = {}) {
  const port = yield* freePort
  const { password, username } = credentials
  const file = yield* writeTemporary("tinyproxy.conf", [
    `Port ${port}`,
    "Listen 127.0.0.1",
    "Timeout 60",
    ...(isPrivate ? [`BasicAuth ${username} ${password}`] : [])
  ])
  yield* Program.listening("tinyproxy", "/usr/bin/tinyproxy", ["-d", "-c", file], port)
  return port
})

/** Takes TLS off, in front of an HTTP proxy. */
export const haproxy = Effect.fnUntraced(function* (behind: number) {
  const port = yield* freePort
  const pem = yield* writeTemporary("proxy.pem", [certificate.cert, certificate.key])
  const file = yield* writeTemporary("haproxy.cfg", [
    "defaults",
    "  mode tcp",
    "  timeout connect 10s",
    "  timeout client 60s",
    "  timeout server 60s",
    "listen tls",
    `  bind 127.0.0.1:${port} ssl crt ${pem}`,
    `  server behind 127.0.0.1:${behind}`
  ])
  yield* Program.listening("haproxy", "/usr/sbin/haproxy", ["-db", "-f", file], port)
  return port
})

/** SOCKS 4 and 5; connects to 127.0.0.0/8 and forbids the rest. */
export const dante = Effect.gen(function* () {
  const port = yield* freePort
  const file = yield* writeTemporary("danted.conf", [
    "logoutput: stderr",
    `internal: 127.0.0.1 port = ${port}`,
    "external: 127.0.0.1",
    "clientmethod: none",
    "socksmethod: none",
    "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }",
    "socks pass { from: 127.0.0.0/8 to: 127.0.0.0/8 command: connect }",
    "socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 }"
  ])
  yield* Program.listening("dante-server", "/usr/sbin/danted", ["-f", file, "-p", `${file}.pid`], port)
  return port
})

/** SOCKS 5, with user and password or without. */
export const microsocks = Effect.fnUntraced(function* ({ isPrivate = false } = {}) {
  const port = yield* freePort
  const { password, username } = credentials
  const login = isPrivate ? ["-u", username, "-P", password] : []
  yield* Program.listening("microsocks", "/usr/bin/microsocks", ["-i", "127.0.0.1", "-p", `${port}`, ...login], port)
  return port
})

const freePort = Effect.scoped(Effect.map(Listener.make(), ({ port }) => port))

const writeTemporary = Effect.fnUntraced(function* (name: string, lines: ReadonlyArray<string>) {
  const files = yield* FileSystem.FileSystem
  const folder = yield* files.makeTempDirectoryScoped()
  yield* files.writeFileString(`${folder}/${name}`, `${lines.join("\n")}\n`)
  return `${folder}/${name}`
}, Effect.provide(NodeServices.layer))
