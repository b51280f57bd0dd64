/** The programs of docs/sslopt.md print what the page says, over real TLS. */
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { Transport } from "@effect-websocket/transport"
import { Certificate } from "@effect-websocket/transport/testing"
import { Effect } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Blocks from "./Blocks.ts"

const authority = Certificate.make({ names: ["Company"], isAuthority: true })
const issue = (name: string, options: Partial<Certificate.Options> = {}) =>
  Certificate.make({ names: [name], issuer: authority, ...options })

/** In a folder with the company's authority, where the environment says so too. */
const atWork = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = Fs.mkdtempSync(join(tmpdir(), "work-"))
    Fs.writeFileSync(join(folder, "company-ca.pem"), authority.cert)
    const before = process.cwd()
    process.chdir(folder)
    process.env.WS_TLS_CA_PATH = "company-ca.pem"
    process.env.WS_TLS_SERVER_NAME = "chat.internal"
    return { before, folder }
  }),
  ({ before, folder }) =>
    Effect.sync(() => {
      delete process.env.WS_TLS_CA_PATH
      delete process.env.WS_TLS_SERVER_NAME
      process.chdir(before)
      Fs.rmSync(folder, { recursive: true })
    })
)

const outputs = new Map(Blocks.of("docs/sslopt.md").map(({ file, output }) => [file, output]))

const prints = Effect.fnUntraced(function* (name: string, certificate: Certificate.Certificate) {
  yield* atWork
  const { port } = yield* Server.serve(ServerPeer.echo, { tls: certificate })
  const example: { readonly program: (url: string) => Effect.Effect<void, unknown, Transport> } = yield* Effect.promise(
    () => import(`../examples/tls/${name}.ts`)
  )
  yield* example.program(`wss://localhost:${port}`)
  assert.strictEqual(`${(yield* TestConsole.logLines).join("\n")}\n`, outputs.get(`examples/tls/${name}.ts`))
}, Effect.provide(Transport.layer))

describe("docs/sslopt.md", () => {
  it.effect("authority", () => prints("authority", issue("localhost")))

  it.effect("environment", () => prints("environment", issue("chat.internal")))

  it.effect("check", () =>
    Effect.gen(function* () {
      const validTo = new Date("2100-01-01T00:00:00Z")
      yield* TestClock.setTime(validTo.getTime() - 3 * 86_400_000)
      yield* prints("check", issue("localhost", { validTo }))
    })
  )
})
