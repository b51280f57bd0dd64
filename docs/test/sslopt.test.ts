/**
 * docs/sslopt.md: what each row says is run as it stands there, against a server that it makes a difference to. A row
 * without a scenario fails, and so does a scenario without a row.
 */
import { createPrivateKey } from "node:crypto"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { type ConnectOptions, WebSocket } from "@effect-websocket/client"
import { Server, ServerPeer } from "@effect-websocket/client/testing"
import { TlsContext, type TlsInfo, Transport } from "@effect-websocket/transport"
import { Certificate, type Listener, Pkcs12 } from "@effect-websocket/transport/testing"
import { Effect, type Scope } from "effect"
import * as Blocks from "./Blocks.ts"

type ServerTls = NonNullable<Listener.Options["tls"]>
type Given = NonNullable<ConnectOptions["tls"]>

const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
const middle = Certificate.make({ names: ["Middle"], issuer: authority, isAuthority: true })
const server = Certificate.make({ names: ["127.0.0.1"], issuer: authority })
const internal = Certificate.make({ names: ["chat.internal"], issuer: authority })
const client = Certificate.make({ names: ["Client"], issuer: authority })
const below = Certificate.make({ names: ["Client"], issuer: middle })
const lists = (revoked: Array<Certificate.Certificate>) =>
  Certificate.makeRevocationList({ issuer: authority, revoked })

/** What stands in the files that rows name, and the files that they write. */
const files: Record<string, string | Uint8Array> = {
  "ca.pem": authority.cert,
  "certs/authority.crt": authority.cert,
  "cert.pem": client.cert,
  "key.pem": client.key,
  "chain.pem": below.cert + middle.cert,
  "below/key.pem": below.key,
  "encrypted.pem": createPrivateKey(client.key)
    .export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "sesame" })
    .toString(),
  "client.pfx": Pkcs12.make(client, "sesame"),
  "crl.pem": lists([server])
}
const asks = { requestCert: true, rejectUnauthorized: true, ca: authority.cert }

interface Scenario {
  /** The server of this row. Default: one of the authority. */
  readonly server?: Partial<ServerTls>
  /** What stands beside the row's options. Default: trust in the authority. */
  readonly beside?: Given
  /** How it fails without the row's options. Undefined: it connects as well. */
  readonly without?: string
  /** How it fails with them, or what is seen of the connection. */
  readonly seen: string | Partial<TlsInfo>
  /** Files that stand in for others. */
  readonly files?: Record<string, string>
}

const verified = { authorized: true, verifiedName: "127.0.0.1" }

const scenarios: Record<string, Scenario> = {
  'ca_certs="ca.pem"': { beside: {}, without: "unknown issuer", seen: verified },
  'ca_cert_path="certs"': { beside: {}, without: "unknown issuer", seen: verified },
  'certfile="cert.pem", keyfile="key.pem"': { server: asks, without: "client certificate required", seen: verified },
  'password="sesame"': { server: asks, without: "client certificate required", seen: verified },
  'cert_chain=("chain.pem", "key.pem", None)': {
    server: asks,
    without: "client certificate required",
    seen: verified,
    files: { "key.pem": "below/key.pem" }
  },
  "cert_reqs=CERT_REQUIRED": { seen: verified },
  "cert_reqs=CERT_OPTIONAL": { beside: {}, without: "unknown issuer", seen: "unknown issuer" },
  "check_hostname=False": {
    server: internal,
    without: "wrong host",
    seen: { authorized: true, verifiedName: undefined }
  },
  "cert_reqs=CERT_NONE": {
    beside: {},
    without: "unknown issuer",
    seen: { authorized: false, verifiedName: undefined }
  },
  'server_hostname="chat.internal"': {
    server: internal,
    without: "wrong host",
    seen: { authorized: true, verifiedName: "chat.internal" }
  },
  "ssl_version=PROTOCOL_TLS_CLIENT": { seen: { version: "TLSv1.3" } },
  "ssl_version=PROTOCOL_TLSv1_2": { seen: { version: "TLSv1.2" } },
  'ciphers="ECDHE-ECDSA-CHACHA20-POLY1305"': {
    server: { maxVersion: "TLSv1.2" },
    seen: { cipher: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" }
  },
  'ecdh_curve="secp384r1"': { server: { ecdhCurve: "X25519" }, seen: "cipher" },
  "context=context": { beside: {}, without: "unknown issuer", seen: verified },
  "do_handshake_on_connect=True": { seen: { version: "TLSv1.3" } },
  "suppress_ragged_eofs=True": { seen: verified },
  'any_other_key="ignored"': { seen: "InvalidOptions" },
  "SSLKEYLOGFILE=keys.log": { seen: verified },
  "WEBSOCKET_CLIENT_CA_BUNDLE=ca.pem": { beside: {}, without: "unknown issuer", seen: verified },
  "PEM in memory": { beside: {}, without: "unknown issuer", seen: verified },
  "additional authorities": { beside: {}, without: "unknown issuer", seen: verified },
  "the operating system's authorities": { seen: verified },
  "revocation lists": { seen: "revoked" },
  "PKCS #12": { server: asks, without: "client certificate required", seen: verified },
  "pinned keys": { seen: "pin mismatch" },
  "minimum and maximum version": { server: { maxVersion: "TLSv1.2" }, seen: "protocol" },
  "signature algorithms": { seen: verified },
  "application protocols": { server: { ALPNProtocols: ["http/1.1"] }, seen: { alpn: "http/1.1" } },
  sessions: { seen: { resumed: false } }
}

const rows = [...Blocks.read("docs/sslopt.md").matchAll(/^\| (.+?) +\| `(.+?)` +\| .+ \|$/gm)].map(
  ([, what, code]) => [what!.replace(/^`|`$/g, ""), code!] as const
)

describe("docs/sslopt.md", () => {
  it("has a row for each scenario", () => {
    assert.sameMembers(
      rows.map(([what]) => what),
      Object.keys(scenarios)
    )
  })

  for (const [what, code] of rows) {
    it.live(`${what}: ${code}`, () =>
      Effect.gen(function* () {
        const scenario = scenarios[what]
        if (scenario === undefined) return assert.fail("a row without a scenario")
        const { beside = { ca: authority.cert }, seen, without } = scenario
        const folder = yield* folderWith(scenario.files ?? {})
        const { url } = yield* Server.serve(ServerPeer.echo, { tls: { ...server, ...scenario.server } })
        const connect = (tls: Given) => opens(url, { ...beside, ...tls })
        const plain = yield* connect({})
        assert.strictEqual(typeof plain === "string" ? plain : undefined, without)

        const value = evaluate(code, folder)
        const found = yield* typeof value === "function"
          ? value(connect({}))
          : connect(inFolder(value, folder) as Given)
        if (typeof seen === "string") assert.strictEqual(found, seen)
        else assert.deepInclude(found, seen)
        if (what.startsWith("SSLKEYLOGFILE")) assert.match(Fs.readFileSync(join(folder, "keys.log"), "utf8"), /SECRET/)
      }).pipe(Effect.provide(Transport.layer))
    )
  }
})

/** What is seen of the connection, or how it fails. It has been talked over. */
const opens = (url: string, tls: Given) =>
  Effect.gen(function* () {
    const socket = yield* WebSocket.connect(url, { tls })
    yield* socket.send("hello")
    assert.strictEqual(yield* socket.receive, "hello")
    return socket.info.tls!
  }).pipe(
    Effect.scoped,
    Effect.catchTag("ConnectError", ({ reason }) =>
      Effect.succeed(reason._tag === "TlsFailed" ? reason.problem : reason._tag)
    )
  )

type Found = Effect.Effect<TlsInfo | string, unknown, Transport | Scope.Scope>

/** The code of a row, with the names that it uses. */
const evaluate = (code: string, folder: string): Given | ((connect: Found) => Found) => {
  const names = {
    Effect,
    TlsContext,
    context: Tls.createSecureContext({ ca: authority.cert }),
    pem: authority.cert,
    pin: "00".repeat(32),
    process: { env: { WEBSOCKET_CLIENT_CA_BUNDLE: join(folder, "ca.pem") } }
  }
  return new Function(...Object.keys(names), `return (${code})`)(...Object.values(names))
}

/** The same with every path below the folder. */
const inFolder = (value: unknown, folder: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => inFolder(item, folder))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === "path" && !item.startsWith("/") ? join(folder, item) : inFolder(item, folder)
    ])
  )
}

const folderWith = (others: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = Fs.mkdtempSync(join(tmpdir(), "sslopt-"))
      for (const name of ["certs", "below"]) Fs.mkdirSync(join(folder, name))
      for (const [name, bytes] of Object.entries(files)) Fs.writeFileSync(join(folder, name), bytes)
      for (const [name, other] of Object.entries(others)) Fs.writeFileSync(join(folder, name), files[other]!)
      return folder
    }),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
  )
