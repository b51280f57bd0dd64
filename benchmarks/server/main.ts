/**
 * The server of every workload, a process of its own on plain Node. Writes its two ports as the first line of its output, then
 * one line with its `Report` for every line it reads, and ends with its input.
 *
 *     node server/main.ts
 */
import { readFileSync } from "node:fs"
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net"
import { createInterface } from "node:readline"
import { createServer as createTlsServer } from "node:tls"
import * as Session from "./Session.ts"
import { Usage } from "./Usage.ts"

const read = (name: string) => readFileSync(new URL(name, import.meta.url))

const listening = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.on("error", reject)
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => resolve((server.address() as AddressInfo).port))
  })

const usage = new Usage()
const plain = createTcpServer((socket) => Session.accept(socket, usage))
const secure = createTlsServer({ cert: read("certificate.pem"), key: read("key.pem") }, (socket) =>
  Session.accept(socket, usage)
)
const line = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

line({ port: await listening(plain), tlsPort: await listening(secure) })
for await (const _ of createInterface({ input: process.stdin })) line(usage.take())
process.exit(0)
