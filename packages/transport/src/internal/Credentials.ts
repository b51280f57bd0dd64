/**
 * From TLS options and what their files hold to what Node's TLS engine takes. Every piece is tried alone first, before
 * anything is dialled, so that a failure names its option: OpenSSL skips a cipher that it does not know and takes a
 * range of versions that is empty.
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

/** Who we are: a certificate and its key, that fit. */
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

/** Without any of these keys, Node takes its own store, which it has in memory already. */
const authorities = (ca: ReadonlyArray<string> | undefined, { roots }: TlsOptions): Tls.SecureContextOptions => {
  const installed = roots === undefined ? [] : typeof roots === "string" ? [roots] : roots
  if (ca === undefined && installed.every((name) => name === "default")) return {}
  return { ca: [...installed.flatMap((name) => Builtin.tls().getCACertificates(name)), ...(ca ?? [])] }
}

/**
 * Node turns off TLS 1.3 when a list names none of its ciphers, and TLS 1.2 when it names no other. OpenSSL, which
 * everybody else's lists are written for, does not.
 */
const ciphersOf = Effect.fnUntraced(function* (given: string): Effect.fn.Return<string, TransportError> {
  // OpenSSL parts names at all of these, so each could hide one that it does not know; Node looks for colons alone.
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
