/**
 * Makes the context for Node's TLS engine from TLS options and the content of their files, before anything is dialled. Every
 * piece is tried alone first, so that a failure names its option, and so that mistakes are found that OpenSSL ignores: it skips
 * ciphers that it does not know, and accepts an empty range of versions.
 */
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type { TlsOptions } from "../TlsOptions.ts"
import type { TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"
import type { Material } from "./Material.ts"
import { certificateError, optionError } from "./NodeError.ts"

export const make = Effect.fnUntraced(function* (
  material: Material,
  options: TlsOptions
): Effect.fn.Return<Tls.SecureContext, TransportError> {
  const { ca, crl } = material
  const { groups, maxVersion = "TLSv1.3", minVersion = "TLSv1.2", signatureAlgorithms } = options
  const identity = yield* identityOf(material)
  for (const authority of ca ?? []) yield* certificate("ca", () => new (Builtin.crypto().X509Certificate)(authority))
  const lists = crl && { crl: [...crl] }
  if (lists) yield* certificate("crl", () => Builtin.tls().createSecureContext(lists))
  if (minVersion > maxVersion) return yield* optionError("minVersion", `${minVersion} is newer than ${maxVersion}`)
  const ciphers = options.ciphers === undefined ? undefined : yield* ciphersOf(options.ciphers)
  const algorithms = {
    ...(ciphers !== undefined && { ciphers }),
    ...(groups !== undefined && { ecdhCurve: yield* known("groups", groups, { ecdhCurve: groups }) }),
    ...(signatureAlgorithms !== undefined && {
      sigalgs: yield* known("signatureAlgorithms", signatureAlgorithms, { sigalgs: signatureAlgorithms })
    })
  }
  const trusted = authorities(ca, options)
  return yield* certificate("ca, crl, cert, key or pfx", () =>
    Builtin.tls().createSecureContext({ minVersion, maxVersion, ...trusted, ...lists, ...identity, ...algorithms })
  )
})

/** Our certificate and its key, if they match. */
const identityOf = Effect.fnUntraced(function* (
  material: Material
): Effect.fn.Return<Tls.SecureContextOptions, TransportError> {
  const { cert, passphrase, pfx } = material
  const key = material.key ?? (cert?.includes("PRIVATE KEY-----") ? cert : undefined)
  if (pfx !== undefined && (cert ?? key) !== undefined) return yield* notTogether("pfx", "cert or key")
  if ((cert === undefined) !== (key === undefined)) {
    return yield* cert === undefined ? optionError("key", "it needs cert") : optionError("cert", "it needs key")
  }
  if (passphrase !== undefined && (key ?? pfx) === undefined) {
    return yield* optionError("passphrase", "there is no key or pfx that it could open")
  }
  const identity = {
    ...(cert !== undefined && { cert, key: key! }),
    ...(pfx !== undefined && { pfx: Buffer.from(pfx) }),
    ...(passphrase !== undefined && { passphrase })
  }
  const name = pfx === undefined ? "cert, key or passphrase" : "pfx or passphrase"
  yield* certificate(name, () => Builtin.tls().createSecureContext(identity))
  return identity
})

/** Returns nothing for Node's default store, which Node has in memory already. */
const authorities = (ca: ReadonlyArray<string> | undefined, { roots }: TlsOptions): Tls.SecureContextOptions => {
  const installed = roots === undefined ? [] : typeof roots === "string" ? [roots] : roots
  if (ca === undefined && installed.every((name) => name === "default")) return {}
  return { ca: [...installed.flatMap((name) => Builtin.tls().getCACertificates(name)), ...(ca ?? [])] }
}

/**
 * Adds Node's default ciphers for the TLS version that the list does not mention. Node would turn that version off, but
 * OpenSSL, for which most lists are written, does not.
 */
const ciphersOf = Effect.fnUntraced(function* (given: string): Effect.fn.Return<string, TransportError> {
  // OpenSSL separates names by any of these, Node only by colons, so an unknown name could hide behind another.
  const names = given.split(/[:,; ]+/)
  const list = names.join(":")
  for (const name of names) {
    if (!/^[!+@-]/.test(name)) yield* known("ciphers", name, { ciphers: name })
  }
  yield* known("ciphers", list, { ciphers: list })
  const missing = [true, false].filter((isNew) => !names.some((name) => isOfTls13(name) === isNew))
  return [
    ...names,
    ...Builtin.tls()
      .DEFAULT_CIPHERS.split(":")
      .filter((name) => missing.includes(isOfTls13(name)))
  ].join(":")
})

const isOfTls13 = (name: string) => name.startsWith("TLS_")

const known = (option: string, value: string, alone: Tls.SecureContextOptions) =>
  Effect.try({
    try: () => {
      Builtin.tls().createSecureContext(alone)
      return value
    },
    catch: () => optionError(option, `OpenSSL does not know "${value}"`)
  })

const certificate = <A>(option: string, make: () => A): Effect.Effect<A, TransportError> =>
  Effect.try({ try: make, catch: (error) => certificateError(option, error) })

const notTogether = (option: string, other: string) => optionError(option, `it cannot be given beside ${other}`)
