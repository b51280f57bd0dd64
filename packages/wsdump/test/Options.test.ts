/** What each option does, as the server sees it. */
import { execFileSync } from "node:child_process"
import { createPrivateKey } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Server as Embedded, ServerPeer } from "@effect-websocket/client/testing"
import { Certificate, Listener, ProxyListener } from "@effect-websocket/transport/testing"
import * as Effect from "effect/Effect"
import { certificate } from "../../client/test/wsServer.ts"
import * as Server from "./server.ts"
import { run } from "./spawned.ts"

/** A folder with these files, and their paths. */
const written = <Name extends string>(files: Record<Name, string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "wsdump-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    ),
    (folder) => {
      const paths = {} as Record<Name, string>
      for (const [name, text] of Object.entries<string>(files)) {
        paths[name as Name] = join(folder, name)
        writeFileSync(paths[name as Name], text)
      }
      return paths
    }
  )

const over = { exitCode: 0, stdout: "", stderr: "" }

/** A server that wants a certificate, and the one that it takes. */
const mutual = Effect.gen(function* () {
  const authority = Certificate.make({ names: ["Authority"], isAuthority: true })
  const ours = Certificate.make({ names: ["client.test"], issuer: authority })
  const server = Certificate.make({ names: ["127.0.0.1"], issuer: authority })
  const tls = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
  const { url } = yield* Embedded.serve(ServerPeer.echo, { tls })
  return { authority, ours, url }
})

describe("the request", () => {
  const close = (peer: { readonly close: () => void }) => peer.close()

  it.live("--headers, one by one, commas and all; --origin; --subprotocols", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(close)
      const headers = [
        "-H",
        "Accept-Language: de, en;q=0.5",
        "--header",
        "X-Empty:",
        "--headers",
        "X-Colon:a: b",
        "-H",
        "__proto__: c"
      ]
      const rest = ["-o", "https://example.org", "-s", "chat", "--subprotocol", "talk"]
      assert.deepStrictEqual(yield* run([...headers, ...rest, server.url]), over)
      const { headers: sent } = server.requests[0]!
      assert.strictEqual(sent["accept-language"], "de, en;q=0.5")
      assert.strictEqual(sent["x-empty"], "")
      assert.strictEqual(sent["x-colon"], "a: b")
      assert.include(server.requests[0]!.rawHeaders, "__proto__")
      assert.strictEqual(sent.origin, "https://example.org")
      assert.strictEqual(sent["sec-websocket-protocol"], "chat, talk")
    })
  )

  it.live("a Host among the headers replaces the URL's", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(close)
      assert.deepStrictEqual(yield* run(["-H", "host: chat.example", server.url]), over)
      assert.deepStrictEqual(
        server.requests[0]!.rawHeaders.filter((_, i, all) => all[i - (i % 2)] === "Host"),
        ["Host", "chat.example"]
      )
    })
  )

  it.live("without them: no Origin, no subprotocol, and compression is offered", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(close)
      yield* run([server.url])
      const { headers } = server.requests[0]!
      assert.isUndefined(headers.origin)
      assert.isUndefined(headers["sec-websocket-protocol"])
      assert.match(headers["sec-websocket-extensions"]!, /^permessage-deflate/)
    })
  )

  it.live("--no-compression offers none", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(close)
      yield* run([server.url, "--no-compression"])
      assert.isUndefined(server.requests[0]!.headers["sec-websocket-extensions"])
    })
  )

  it.live("--verbose tells of the handshake and the frames on stderr, and keeps secrets", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const secrets = ["-H", "Authorization: Bearer s3cret", `${server.url}/?token=s3cret`]
      const { exitCode, stderr, stdout } = yield* run(["-vv", "-t", "hello", "-c", "1", ...secrets])
      assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 0, stdout: "hello\n" })
      assert.match(stderr, /^sent GET \/\?<redacted> HTTP\/1\.1$/m)
      assert.match(stderr, /^received HTTP\/1\.1 101$/m)
      assert.match(stderr, /^sent text, .*$/m)
      assert.match(stderr, /^received Close, 2 bytes: 1000$/m)
      assert.notInclude(stderr, "s3cret")
    })
  )
})

describe("TLS", () => {
  it.live("a server that nobody vouches for is refused: 3", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start(Server.echo, { secure: true })
      const { exitCode, stderr } = yield* run([url])
      assert.strictEqual(exitCode, 3)
      assert.match(stderr, /TLS failed \(self-signed\)/)
    })
  )

  it.live("--ca accepts it, --insecure accepts any", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start(Server.echo, { secure: true })
      const { ca } = yield* written({ ca: certificate.cert })
      const talk = ["-t", "hello", "-c", "1", url]
      for (const args of [["--ca", ca], ["--insecure"], ["--nocert"], ["-n"]]) {
        assert.deepStrictEqual(yield* run([...args, ...talk]), { ...over, stdout: "hello\n" }, args[0])
      }
    })
  )

  it.live("--ca of another authority does not: 3", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start(Server.echo, { secure: true })
      const { ca } = yield* written({ ca: Certificate.make({ names: ["127.0.0.1"] }).cert })
      assert.strictEqual((yield* run([url, "--ca", ca])).exitCode, 3)
    })
  )

  it.live("--cert and --key say who we are", () =>
    Effect.gen(function* () {
      const { authority, ours, url } = yield* mutual
      const { ca, cert, key } = yield* written({ ca: authority.cert, cert: ours.cert, key: ours.key })
      const talk = ["--ca", ca, "-t", "hello", "-c", "1", url]
      assert.strictEqual((yield* run(talk)).exitCode, 3)
      assert.deepStrictEqual(yield* run([...talk, "--cert", cert, "--key", key]), { ...over, stdout: "hello\n" })
    })
  )
})

describe("the key", () => {
  it.live("may be in the file of --cert, and encrypted: --passphrase decrypts it, and is never shown", () =>
    Effect.gen(function* () {
      const { authority, ours, url } = yield* mutual
      const encrypted = createPrivateKey(ours.key).export({
        type: "pkcs8",
        format: "pem",
        cipher: "aes-256-cbc",
        passphrase: "s3cret"
      })
      const { ca, cert } = yield* written({ ca: authority.cert, cert: `${ours.cert}${encrypted}` })
      const talk = ["--ca", ca, "-t", "hello", "-c", "1", url, "--cert", cert]
      assert.deepStrictEqual(yield* run([...talk, "--passphrase", "s3cret"]), { ...over, stdout: "hello\n" })
      const { exitCode, stderr } = yield* run([...talk, "--passphrase", "wr0ng", "-v"])
      assert.strictEqual(exitCode, 2)
      assert.match(stderr, /bad certificate file/)
      assert.notInclude(stderr, "wr0ng")
    })
  )
})

describe("files", () => {
  it.live("a pipe is a file as well, as `<(...)` of a shell makes them", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { binary } = yield* written({ binary: "" })
      rmSync(binary)
      execFileSync("mkfifo", [binary])
      const writing = writeFile(binary, "hello")
      assert.deepStrictEqual(yield* run([server.url, "-b", binary, "-c", "1", "--raw"]), { ...over, stdout: "hello" })
      yield* Effect.promise(() => writing)
    })
  )

  it.live("--ca may name a folder of authorities", () =>
    Effect.gen(function* () {
      const { url } = yield* Server.start(Server.echo, { secure: true })
      const { pem } = yield* written({ pem: certificate.cert })
      const talk = ["-t", "hello", "-c", "1", url]
      assert.deepStrictEqual(yield* run(["--ca", dirname(pem), ...talk]), { ...over, stdout: "hello\n" })
    })
  )

  it.live("a folder is no message: 1, and the reason; nor is it the input", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const folder = import.meta.dirname
      const binary = yield* run([server.url, "-b", folder])
      assert.deepStrictEqual({ ...binary, stderr: "" }, { ...over, exitCode: 1 })
      assert.match(binary.stderr, /^wsdump: The file \S+\/test failed: EISDIR: /)
      const input = yield* run([server.url], { input: { path: folder } })
      assert.deepStrictEqual({ ...input, stderr: "" }, { ...over, exitCode: 1 })
      assert.match(input.stderr, /^wsdump: The input failed: EISDIR: /)
      assert.deepStrictEqual(yield* server.closed, { code: 1000, reason: "" })
    })
  )
})

describe("the way", () => {
  const talk = ["-t", "hello", "-c", "1"]

  it.live("--proxy names a proxy, whose password is never shown", () =>
    Effect.gen(function* () {
      const credentials = { username: "ann", password: "s3cret" }
      const proxy = yield* ProxyListener.make({ kind: "http", credentials })
      const server = yield* Server.start(Server.echo)
      const target = server.url.replace("127.0.0.1", "chat.test")
      const via = (password: string) => ["--proxy", proxy.url.replace("://", `://ann:${password}@`)]
      assert.deepStrictEqual(yield* run([...via("s3cret"), ...talk, target]), { ...over, stdout: "hello\n" })
      assert.deepStrictEqual(proxy.asked.slice(0, 1), [target.slice("ws://".length)])
      const refused = yield* run([...via("wr0ng"), ...talk, target, "-v"])
      assert.strictEqual(refused.exitCode, 3)
      assert.notInclude(refused.stderr, "wr0ng")
    })
  )

  it.live("by default the environment names it; --proxy none does without", () =>
    Effect.gen(function* () {
      const proxy = yield* ProxyListener.make({ kind: "http" })
      const server = yield* Server.start(Server.echo)
      const target = server.url.replace("127.0.0.1", "chat.test")
      const environment = { input: "", env: { http_proxy: proxy.url, ws_proxy: proxy.url } }
      assert.deepStrictEqual(yield* run([...talk, target], environment), { ...over, stdout: "hello\n" })
      assert.lengthOf(proxy.asked, 1)
      assert.strictEqual((yield* run([...talk, target, "--proxy", "none"], environment)).exitCode, 3)
      assert.lengthOf(proxy.asked, 1)
    })
  )

  it.live("a redirect is refused: 3; --location follows it", () =>
    Effect.gen(function* () {
      const server = yield* Server.start(Server.echo)
      const { url } = yield* Embedded.serve(() => Effect.void, {
        refuse: () => `HTTP/1.1 307 Elsewhere\r\nLocation: ${server.url}/\r\n\r\n`
      })
      const refused = yield* run([...talk, url])
      assert.strictEqual(refused.exitCode, 3)
      assert.match(refused.stderr, /or --location/)
      for (const option of ["-L", "--location"]) {
        assert.deepStrictEqual(yield* run([...talk, url, option]), { ...over, stdout: "hello\n" })
      }
    })
  )

  it.live("--connect-timeout passes: 6", () =>
    Effect.gen(function* () {
      const silent = yield* Listener.make({})
      const { exitCode, stderr } = yield* run([`ws://127.0.0.1:${silent.port}`, "--connect-timeout", "0.1"])
      assert.strictEqual(exitCode, 6)
      assert.match(stderr, /timed out \(upgrade\)/)
    })
  )

  it.live("--max-message bounds what comes, or does not", () =>
    Effect.gen(function* () {
      const server = yield* Server.start((peer) => peer.send("x".repeat(0x200000), () => peer.close()))
      const ends = (bytes: string) => Effect.map(run([server.url, "--max-message", bytes]), ({ exitCode }) => exitCode)
      assert.strictEqual(yield* ends("10"), 5)
      assert.strictEqual(yield* ends("2097152"), 0)
      assert.strictEqual(yield* ends("unlimited"), 0)
    })
  )
})

describe("what cannot be used: 2, and one word why", () => {
  const url = "ws://127.0.0.1:1/"
  for (const [args, why] of [
    [[], /Missing required argument: url/],
    [[url, "--frobnicate"], /Unrecognized flag: --frobnicate/],
    [[url, "--count", "0"], /--count/],
    [[url, "--count", "1.5"], /--count/],
    [[url, "--eof-wait", "-1"], /--eof-wait/],
    [[url, "--eof-wait", ""], /--eof-wait/],
    [[url, "--timeout", "soon"], /--timeout/],
    [[url, "--input", "xml"], /--input/],
    [[url, "--ca", "/no/such/file"], /\/no\/such\/file/],
    [[url, "--binary", "/no/such/file"], /\/no\/such\/file/],
    [[url, "--raw", "--json"], /--raw and --json do not go together/],
    [[url, "--raw", "--timings"], /--raw and --timings/],
    [[url, "--raw", "--pings"], /--raw and --pings/],
    [[url, "--raw", "--full"], /--raw and --full/],
    [[url, "--json", "--full"], /--json and --full/],
    [[url, "--ca", import.meta.filename, "--insecure"], /--ca and --insecure/],
    [[url, "-H", "s3cret"], /A header is written as "Name: value"/],
    [[url, "-H", "A: 1", "-H", "a: 2"], /The header a is given twice/],
    [[url, "-H", "Upgrade: s3cret"], /[Uu]pgrade/],
    [[url, "--proxy", "ftp://ann:s3cret@example.org"], /proxy/]
  ] as ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]>) {
    it.live(args.slice(1).join(" ") || "nothing", () =>
      Effect.gen(function* () {
        const { exitCode, stderr, stdout } = yield* run(args)
        assert.deepStrictEqual({ exitCode, stdout }, { exitCode: 2, stdout: "" })
        assert.match(stderr, /^wsdump: /)
        assert.match(stderr, why)
        assert.notInclude(stderr, "s3cret")
      })
    )
  }
})

describe("about itself", () => {
  it.live("--help lists every option", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* run(["--help"])
      assert.strictEqual(exitCode, 0)
      for (const name of ["--headers, -H", "--eof-wait", "--verbose, -v", "--version, -V"]) assert.include(stdout, name)
    })
  )

  it.live("--version is that of the package; --completions is a script", () =>
    Effect.gen(function* () {
      const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
      assert.strictEqual((yield* run(["--version"])).stdout, `wsdump v${version}\n`)
      assert.match((yield* run(["--completions", "bash"])).stdout, /--eof-wait/)
    })
  )
})
