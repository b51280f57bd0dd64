/** What cannot be used is found out before anything is dialled, and its option named. */
import { createPrivateKey } from "node:crypto"
import { dirname } from "node:path"
import type * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import type { DialStep } from "@effect-websocket/transport"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { authority, client, good, type Options, open, problemOf, server, stranger, temporaryFolder } from "./tls.ts"

/** Made by `openssl pkcs12 -export` (3.0), of a key on P-256 and its certificate for CN=pfx-client. */
const pfx =
  "MIIEDAIBAzCCA8IGCSqGSIb3DQEHAaCCA7MEggOvMIIDqzCCAmIGCSqGSIb3DQEHBqCCAlMwggJPAgEAMIICSAYJKoZIhvcNAQcBMFcG" +
  "CSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhsfzia3c2H+wICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMMMFy+7Zxbj" +
  "G5BDXKn7J1OAggHgqRScuzeowGmBYgs3Ay+VhKURN/CunOYLTLNAs0V7ZMlip9BGQOZS46B0lVxJsdkfcpurZzRszT133WSMtMT2RDtX" +
  "1qZDGmm1xcFuQRP6yFkH3psBaM+XRrgpYNo1PrYY/bXL8FGbzwO7h9bZTugg8pI3Zd0LRMfJkPU41oxWMVbI/nL3/SVIOd7TpvzjoVW4" +
  "ils7EndKMjlfrtUJ7LQmxOad4QKiT9PYpndZBC7XqQCag600TWAPe9U0kOUkXgSnUQQ6/GowfPMSTgNXlAoyNrqqdpG7IDzkJF1G4UFY" +
  "ru4IkfJVx5AtrnM4eOOhSeDJ3C6aLa61bid8g4JwC6eIarLybzPjReg5rE29j6qQiP7fSSN1HjNZzIji8a5M9Pt+nYBWQ+jJdyIUDsX7" +
  "kyI3KOPT1vk6jO8M2mieic/xiTutCDudqSoCZKyQemQjdnbNDi53F2RZaJWVOkP5HZz+X7j1KY0GXCbFCE+GjWRWhW4nipjJI0ZCt4H4" +
  "0XRTgQQeyb7ErHByuTKcZAHG16lNqqU2VFwyGzHnDb+yZ74ivH4B/AcCf1YCIPZQLiFGthfjRfhaSf4fb4zxKe9iOSkyBwiUKRVswkif" +
  "KEcOg+QPDshvHhkWVnlTzjoP6rhGZ359MIIBQQYJKoZIhvcNAQcBoIIBMgSCAS4wggEqMIIBJgYLKoZIhvcNAQwKAQKgge8wgewwVwYJ" +
  "KoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECAMnCflnGXMEAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQOwgub8AXoiLq" +
  "uyH91RbZ3QSBkPxKjKQbI699lBwab5JBzL1S4JUpAqW6KP4b/lONnFmCGiMJ8jjjPr0/hyBixTF0cuKpD6yRxqj+P4IAGj3mNnvyn8L9" +
  "USJeqN5qwMbuTIauc+7hrRyl9vtZX03Q8TWmbakTME0d+KyYExgmJmytarb7AQ+c2xKWdEyX5ptelJPGO1ANGvhYjuOlZdzq+pdmIjEl" +
  "MCMGCSqGSIb3DQEJFTEWBBSDLZSR1JoMf6vuZ+pVJKgD5KDl+DBBMDEwDQYJYIZIAWUDBAIBBQAEIO+qmkbLNkdnuiIANHnb8uTr+k1B" +
  "bPzqrkPHTeqVX5SiBAhDuYWf4qE5/QICCAA="

const encrypted = createPrivateKey(client.key)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" })
  .toString()
const key = Redacted.make(client.key)
const empty = "/no/such/file.pem"

describe("before anything is dialled", () => {
  const wrong: Record<string, readonly [option: string, Options]> = {
    "a file that is not there": ["ca", { ca: { path: empty } }],
    "a ca that is no certificate": ["ca", { ca: "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n" }],
    "a ca whose second certificate is none": [
      "ca",
      { ca: `${authority.cert}-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n` }
    ],
    "an empty ca": ["ca", { ca: [""] }],
    "a key as ca": ["ca", { ca: client.key }],
    "a certificate as crl": ["crl", { crl: authority.cert }],
    "a crl that is none": ["crl", { crl: "-----BEGIN X509 CRL-----\nsecret\n-----END X509 CRL-----\n" }],
    "a cert that is no certificate": [
      "cert, key or passphrase",
      { cert: "-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n", key }
    ],
    "a cert that is no PEM": ["cert", { cert: "secret", key }],
    "an empty cert": ["cert", { cert: "", key }],
    "an empty key": ["key", { cert: client.cert, key: Redacted.make("") }],
    "a cert and a key that are empty": ["cert", { cert: "", key: Redacted.make("") }],
    "a cert and a key in empty files": ["cert", { cert: { path: "/dev/null" }, key: { path: "/dev/null" } }],
    "a cert and a key of nothing but blanks": ["cert", { cert: "\n", key: Redacted.make("\n") }],
    "an empty pfx": ["pfx", { pfx: Redacted.make(new Uint8Array(0)) }],
    "an empty pfx beside an empty passphrase": ["pfx", { pfx: { path: "/dev/null" }, passphrase: Redacted.make("") }],
    "a cert that is not there": ["cert", { cert: { path: empty }, key }],
    "a key that is no key": [
      "cert, key or passphrase",
      { cert: client.cert, key: Redacted.make("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n") }
    ],
    "a key that is no PEM": ["key", { cert: client.cert, key: Redacted.make("secret") }],
    "a key of another certificate": ["cert, key or passphrase", { cert: client.cert, key: Redacted.make(good.key) }],
    "a passphrase that does not open the key": [
      "cert, key or passphrase",
      { cert: client.cert, key: Redacted.make(encrypted), passphrase: Redacted.make("secret") }
    ],
    "a pfx that is none": ["pfx or passphrase", { pfx: Redacted.make(Buffer.from("secret")) }],
    "a passphrase that does not open the pfx": [
      "pfx or passphrase",
      { pfx: Redacted.make(Buffer.from(pfx, "base64")), passphrase: Redacted.make("secret") }
    ],
    "a pfx that is not there": ["pfx", { pfx: { path: empty } }]
  }
  const unfit: Record<string, readonly [option: string, Options]> = {
    "a cert without key": ["cert", { cert: client.cert }],
    "a key without cert": ["key", { key }],
    "a passphrase without anything to open": ["passphrase", { passphrase: Redacted.make("secret") }],
    "a pfx beside a cert": ["pfx", { pfx: Redacted.make(Buffer.from(pfx, "base64")), cert: client.cert, key }],
    "a cipher that nobody knows": ["ciphers", { ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES129-GCM-SHA256" }],
    "a cipher of TLS 1.3 that nobody knows": ["ciphers", { ciphers: "TLS_AES_128_GCM_SHA256:TLS_AES_129_GCM_SHA256" }],
    "a cipher that nobody knows, behind a comma": [
      "ciphers",
      { ciphers: "ECDHE-RSA-AES128-GCM-SHA256, ECDHE-RSA-AES129-GCM-SHA256" }
    ],
    "a security level that there is not": ["ciphers", { ciphers: "HIGH:@SECLEVEL=9" }],
    "a group that nobody knows": ["groups", { groups: "X25519:X25520" }],
    "a signature algorithm that nobody knows": ["signatureAlgorithms", { signatureAlgorithms: "ed25519:ed25520" }],
    "no version between": ["minVersion", { minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }],
    "an identity that would not be verified": ["identity", { identity: "ws.test", verify: "chain" }]
  }
  const unwritable = { keylog: { path: "/no/such/folder/keys.log" } }
  const cases = [
    ["a keylog that cannot be written", "key log", "keylog", unwritable] as const,
    ...Object.entries(wrong).map(([what, row]) => [what, "bad certificate file", ...row] as const),
    ...Object.entries(unfit).map(([what, row]) => [what, "bad option", ...row] as const)
  ]
  for (const [what, problem, option, options] of cases) {
    it.live(`${what} fails`, () =>
      Effect.gen(function* () {
        const steps: Array<DialStep> = []
        const error = yield* Effect.flip(open(1, options, steps))
        assert.strictEqual(problemOf(error), problem)
        assert.include(error.message, `): ${option}: `)
        assert.notInclude(JSON.stringify(error), "secret")
        assert.notInclude(error.message, "secret")
        assert.deepStrictEqual(steps, [])
      })
    )
  }

  it.live("a path where the text belongs: it says how a file is given", () =>
    Effect.gen(function* () {
      const path = "certificates/file.pem"
      for (const [option, value] of Object.entries({ ca: path, crl: path, cert: path, key: Redacted.make(path) })) {
        const error = yield* Effect.flip(open(1, { cert: client.cert, key, [option]: value }))
        assert.include(error.message, `${option}: the text is not PEM; a file is given as { path }`)
      }
    })
  )

  it.live("a file without end fails", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open(1, { ca: { path: "/dev/zero" } }))
      assert.include(error.message, "ca: /dev/zero is larger than 16 MiB")
    })
  )

  for (const [files, said] of [
    [4096, "holds none in PEM"],
    [4097, "has more than 4096 files"]
  ] as const) {
    it.live(`a directory of ${files} files: it ${said}`, () =>
      Effect.gen(function* () {
        const file = yield* temporaryFolder
        const paths = Array.from({ length: files }, (_, i) => file(`certs/${i}`, "").path)
        const folder = dirname(paths[0]!)
        const error = yield* Effect.flip(open(1, { ca: { path: folder } }))
        assert.include(error.message, `ca: ${folder} ${said}`)
      })
    )
  }
})

describe("authorities", () => {
  it.live("come from files, from lists of them, and from the files of a directory that hold some", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      file("certs/README", "no certificate")
      file("certs/more/deeper.pem", good.cert)
      file("certs/1.pem", stranger.cert + authority.cert)
      const { path } = file("certs/2.crt", stranger.cert)
      const { port } = yield* server(good)
      for (const ca of [
        { path: dirname(path) },
        [stranger.cert, { path: dirname(path) }],
        file("ca.pem", authority.cert)
      ]) {
        assert.isTrue((yield* open(port, { ca })).info.tls!.authorized)
      }
    })
  )

  it.live("a directory without any fails", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const { path } = file("certs/README", "no certificate")
      const error = yield* Effect.flip(open(1, { ca: { path: dirname(path) } }))
      assert.include(error.message, `ca: ${dirname(path)} holds none in PEM`)
    })
  )

  it.live("a file is read at each dial, so that a renewed one counts", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const { port } = yield* server(good)
      const ca = file("ca.pem", stranger.cert)
      assert.strictEqual(problemOf(yield* Effect.flip(open(port, { ca }))), "unknown issuer")
      file("ca.pem", authority.cert)
      assert.isTrue((yield* open(port, { ca })).info.tls!.authorized)
    })
  )

  it.live("the installed ones are trusted beside ca when they are named, and only then", () =>
    Effect.gen(function* () {
      const { port } = yield* server(good)
      for (const roots of ["default", "bundled", "system", ["bundled", "system"]] as const) {
        assert.isTrue((yield* open(port, { ca: authority.cert, roots })).info.tls!.authorized)
        assert.strictEqual(problemOf(yield* Effect.flip(open(port, { roots }))), "unknown issuer")
      }
    })
  )
})

describe("a client certificate", () => {
  const wants: Tls.TlsOptions = { ...good, requestCert: true, rejectUnauthorized: false }
  const shown = Effect.fnUntraced(function* (options: Options) {
    const { accept, port } = yield* server(wants)
    yield* open(port, { ca: authority.cert, ...options })
    return ((yield* accept) as Tls.TLSSocket).getPeerX509Certificate()?.subject
  })

  it.live("comes as text or files, its key beside it or in it, encrypted or not", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const passphrase = Redacted.make("open sesame")
      for (const options of [
        { cert: client.cert, key },
        { cert: file("cert.pem", client.cert), key: file("key.pem", encrypted), passphrase },
        { cert: file("both.pem", client.cert + client.key) },
        { cert: client.cert + encrypted, passphrase }
      ]) {
        assert.strictEqual(yield* shown(options), "CN=Client")
      }
    })
  )

  it.live("comes in PKCS #12, as bytes or in a file", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFolder
      const bytes = Buffer.from(pfx, "base64")
      for (const given of [Redacted.make<Uint8Array>(bytes), file("client.pfx", bytes)]) {
        assert.strictEqual(yield* shown({ pfx: given, passphrase: Redacted.make("sesame") }), "CN=pfx-client")
      }
    })
  )

  it.live("is none by default", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* shown({}))
    })
  )
})

describe("algorithms", () => {
  const agreed = Effect.fnUntraced(function* (options: Options, serverOptions: Tls.TlsOptions = {}) {
    const { port } = yield* server({ ...good, ...serverOptions })
    const { info } = yield* open(port, { ca: authority.cert, ...options })
    return `${info.tls!.version} ${info.tls!.cipher}`
  })

  it.live("ciphers names those to use; the version that none is named of keeps its own", () =>
    Effect.gen(function* () {
      const ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"
      assert.strictEqual(
        yield* agreed({ ciphers }, { maxVersion: "TLSv1.2" }),
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
      )
      assert.match(yield* agreed({ ciphers }), /^TLSv1\.3 /)
      const newer = "TLS_CHACHA20_POLY1305_SHA256"
      assert.strictEqual(yield* agreed({ ciphers: newer }), `TLSv1.3 ${newer}`)
      assert.match(yield* agreed({ ciphers: newer }, { maxVersion: "TLSv1.2" }), /^TLSv1\.2 /)
      assert.strictEqual(yield* agreed({ ciphers: `${ciphers}, ${newer}` }), `TLSv1.3 ${newer}`)
    })
  )

  it.live("minVersion and maxVersion bound the version", () =>
    Effect.gen(function* () {
      assert.match(yield* agreed({ maxVersion: "TLSv1.2" }), /^TLSv1\.2 /)
      assert.match(yield* agreed({ minVersion: "TLSv1.3" }), /^TLSv1\.3 /)
    })
  )

  it.live("groups and signatureAlgorithms name those to use", () =>
    Effect.gen(function* () {
      const options = { groups: "P-521:P-384", signatureAlgorithms: "ecdsa_secp256r1_sha256" }
      assert.match(yield* agreed(options, { ecdhCurve: "P-384" }), /^TLSv1\.3 /)
    })
  )
})
