/**
 * Which context a handshake uses: one that the program made, or one made of its options and kept for later dials. Files are
 * read each time, so a renewed one is noticed; their content is parsed once.
 */
import type { SecureContext } from "node:tls"
import * as Effect from "effect/Effect"
import type { TlsOptions } from "../TlsOptions.ts"
import { TlsContext } from "../TlsService.ts"
import type { TransportError } from "../TransportError.ts"
import * as Credentials from "./Credentials.ts"
import * as Material from "./Material.ts"
import { certificateError, optionError } from "./NodeError.ts"
import type { TlsMemory } from "./TlsMemory.ts"

/** If the program's function throws, that is a failure as of an option: it could not read or make what it needs. */
export const make = Effect.fnUntraced(function* (
  memory: TlsMemory,
  peer: { readonly host: string; readonly port: number },
  options: TlsOptions
): Effect.fn.Return<SecureContext, TransportError> {
  const contextFor = yield* TlsContext
  const ready = yield* Effect.try({
    try: () => contextFor(peer),
    catch: (error) => certificateError("TlsContext", error)
  })
  return yield* ready === undefined ? fromOptions(memory, options) : given(ready, options)
})

const fromOptions = Effect.fnUntraced(function* (
  memory: TlsMemory,
  options: TlsOptions
): Effect.fn.Return<SecureContext, TransportError> {
  const material = yield* Material.read(options)
  const { ca, cert, crl, key, passphrase, pfx } = material
  const { ciphers, groups, maxVersion, minVersion, roots, signatureAlgorithms } = options
  const others = [roots, minVersion, maxVersion, ciphers, groups, signatureAlgorithms, cert, key, passphrase]
  const counts = [ca?.length, crl?.length]
  const parts = [JSON.stringify([others, counts]), pfx ?? "", ...(ca ?? []), ...(crl ?? [])]
  return yield* memory.context(parts, Credentials.make(material, options))
})

/** A context of the program replaces these options, so giving one of them beside it is an error. */
const given = (context: SecureContext, options: TlsOptions): Effect.Effect<SecureContext, TransportError> => {
  const option = inContext.find((name) => options[name] !== undefined)
  return option === undefined
    ? Effect.succeed(context)
    : Effect.fail(optionError(option, "it has no effect beside a context that the program made"))
}

const inContext = [
  "ca",
  "roots",
  "crl",
  "cert",
  "key",
  "pfx",
  "passphrase",
  "minVersion",
  "maxVersion",
  "ciphers",
  "groups",
  "signatureAlgorithms"
] as const satisfies ReadonlyArray<keyof TlsOptions>
