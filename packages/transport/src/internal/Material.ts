/**
 * The certificates, keys and revocation lists of TLS options: given as text, read from files, or collected from a directory.
 * Every read is limited, and every failure names its option but never its content. `Credentials` checks whether they can be
 * used.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Pem, SecretPem, TlsOptions } from "../TlsOptions.ts"
import type { TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"
import { certificateError } from "./NodeError.ts"

export interface Material {
  /** One PEM block each. Undefined if the option was not given. */
  readonly ca: ReadonlyArray<string> | undefined
  readonly crl: ReadonlyArray<string> | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly pfx: Uint8Array | undefined
  readonly passphrase: string | undefined
}

export const read = Effect.fnUntraced(function* (options: TlsOptions): Effect.fn.Return<Material, TransportError> {
  const { ca, cert, crl, key, passphrase, pfx } = options
  return {
    ca: yield* given(ca, (pem) => blocks("ca", pem, certificates)),
    crl: yield* given(crl, (pem) => blocks("crl", pem, revocationLists)),
    cert: yield* given(cert, (pem) => something("cert", text("cert", pem))),
    key: yield* given(key, (pem) => something("key", text("key", pem))),
    pfx: yield* given(pfx, (pfx) =>
      something("pfx", Redacted.isRedacted(pfx) ? Effect.succeed(Redacted.value(pfx)) : file("pfx", pfx.path))
    ),
    passphrase: passphrase && Redacted.value(passphrase)
  }
})

const given = <A, B>(option: A | undefined, read: (option: A) => Effect.Effect<B, TransportError>) =>
  option === undefined ? Effect.undefined : read(option)

/** Fails if it is empty, such as a file that is just being replaced: Node would take it for an option that was not given. */
const something = <A extends string | Uint8Array>(option: string, read: Effect.Effect<A, TransportError>) =>
  Effect.flatMap(read, (found) =>
    found.length === 0 ? Effect.fail(certificateError(option, new Error("it is empty"))) : Effect.succeed(found)
  )

/** All PEM blocks of this kind, each once. A text, file or directory without one is an error. */
const blocks = Effect.fnUntraced(function* (
  option: string,
  given: Pem | ReadonlyArray<Pem>,
  kind: RegExp
): Effect.fn.Return<ReadonlyArray<string>, TransportError> {
  const found = new Set<string>()
  for (const pem of Array.isArray(given) ? (given as ReadonlyArray<Pem>) : [given as Pem]) {
    const directory = typeof pem === "string" ? undefined : yield* entries(option, pem.path)
    const texts =
      directory === undefined
        ? [yield* text(option, pem)]
        : yield* Effect.forEach(directory, (path) => text(option, { path }), { concurrency: 64 })
    const matches = texts.flatMap((text) => [...text.matchAll(kind)])
    for (const [block] of matches) found.add(block)
    if (matches.length === 0) {
      const where = typeof pem === "string" ? "the text" : pem.path
      return yield* certificateError(option, new Error(`${where} holds none in PEM`))
    }
  }
  return [...found]
})

const text = (option: string, pem: Pem | SecretPem): Effect.Effect<string, TransportError> => {
  if (typeof pem === "string") return isPem(option, pem)
  if (Redacted.isRedacted(pem)) return isPem(option, Redacted.value(pem))
  return Effect.map(file(option, pem.path), (bytes) => bytes.toString("utf8"))
}

/** A text without a PEM block is mostly a path. OpenSSL would only say "no start line" or "unsupported". */
const isPem = (option: string, text: string): Effect.Effect<string, TransportError> =>
  text === "" || text.includes("-----BEGIN")
    ? Effect.succeed(text)
    : Effect.fail(certificateError(option, new Error("the text is not PEM; a file is given as { path }")))

/** The files of a directory, sorted by name; undefined if the path is not a directory. */
const entries = (option: string, path: string) =>
  attempt(option, async () => {
    const { promises: Fs } = Builtin.fs()
    if (!(await Fs.stat(path)).isDirectory()) return undefined
    const names = (await Fs.readdir(path)).sort()
    if (names.length > maxFiles) throw new Error(`${path} has more than ${maxFiles} files`)
    const paths = names.map((name) => join(path, name))
    const areFiles = await Promise.all(
      paths.map((path) =>
        Fs.stat(path).then(
          (stat) => stat.isFile(),
          () => false
        )
      )
    )
    return paths.filter((_, index) => areFiles[index])
  })

const file = (option: string, path: string): Effect.Effect<Buffer, TransportError> =>
  attempt(option, async (signal) => {
    const { promises: Fs } = Builtin.fs()
    const stat = await Fs.stat(path)
    // What is not a regular file has no size, so reading stops one byte after the limit.
    const bytes = stat.isFile() && stat.size <= maxFileBytes ? await Fs.readFile(path, { signal }) : await start(path)
    if (bytes.length > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes / 0x100000} MiB`)
    return bytes
  })

const start = async (path: string): Promise<Buffer> => {
  const handle = await Builtin.fs().promises.open(path)
  const chunks: Array<Buffer> = []
  // The stream closes the file.
  for await (const chunk of handle.createReadStream({ end: maxFileBytes })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const attempt = <A>(option: string, run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, TransportError> =>
  Effect.tryPromise({ try: run, catch: (error) => certificateError(option, error) })

const certificates = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END \1?CERTIFICATE-----/g

const revocationLists = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g

/** Far more than Debian's certificate store has: about 300 files of 2 KiB, and one of 0.2 MiB with all of them. */
const maxFiles = 4096
const maxFileBytes = 0x1000000
