/**
 * From `TlsOptions` to what Node's TLS engine takes: files read, certificates and keys parsed and matched, before
 * anything is dialled. Every failure names the option that it is about, never what is in it.
 */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Pem, SecretPem, TlsOptions } from "../TlsOptions.ts"
import { TlsFailed, TransportError } from "../TransportError.ts"
import { certificateReason } from "./NodeError.ts"

export const load = Effect.fnUntraced(function* (
  options: TlsOptions
): Effect.fn.Return<Tls.SecureContext, TransportError> {
  const ca = options.ca === undefined ? undefined : yield* Effect.forEach(asArray(options.ca), (pem) => text("ca", pem))
  const cert = options.cert === undefined ? undefined : yield* text("cert", options.cert)
  const ownKey = options.key === undefined ? undefined : yield* text("key", options.key)
  const key = ownKey ?? (cert?.includes("PRIVATE KEY-----") ? cert : undefined)
  if ((cert === undefined) !== (key === undefined)) {
    return yield* failed(cert === undefined ? "key was given without cert" : "cert was given without key")
  }
  for (const authority of ca ?? []) yield* parse("ca", () => new Crypto.X509Certificate(authority))
  return yield* parse("cert, key or passphrase", () =>
    Tls.createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca && { ca: [...ca] }),
      ...(cert && { cert, key }),
      ...(options.passphrase && { passphrase: Redacted.value(options.passphrase) })
    })
  )
})

const text = (what: string, pem: Pem | SecretPem): Effect.Effect<string, TransportError> => {
  if (typeof pem === "string") return Effect.succeed(pem)
  if (Redacted.isRedacted(pem)) return Effect.succeed(Redacted.value(pem))
  return Effect.tryPromise({
    try: (signal) => Fs.readFile(pem.path, { encoding: "utf8", signal }),
    catch: (error) => new TransportError({ reason: certificateReason(what, error) })
  })
}

const parse = <A>(what: string, make: () => A): Effect.Effect<A, TransportError> =>
  Effect.try({ try: make, catch: (error) => new TransportError({ reason: certificateReason(what, error) }) })

const failed = (detail: string) =>
  new TransportError({ reason: new TlsFailed({ problem: "bad certificate file", detail }) })

const asArray = (pems: Exclude<TlsOptions["ca"], undefined>): ReadonlyArray<Pem> =>
  Array.isArray(pems) ? pems : [pems as Pem]
