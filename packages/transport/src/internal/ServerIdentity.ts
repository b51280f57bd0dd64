/**
 * Whether the certificate belongs to the intended server: checks its name, the pins, and the program's own check. The engine
 * has verified the chain before. It runs after every handshake, since Node would check none of this for a resumed one.
 */
import type * as Crypto from "node:crypto"
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type { PeerCertificate } from "../ByteStream.ts"
import type { TlsOptions } from "../TlsOptions.ts"
import type { TlsServer } from "../TlsService.ts"
import { TlsFailed, type TlsProblem, TransportError } from "../TransportError.ts"
import * as Builtin from "./Builtin.ts"
import { identityReason } from "./NodeError.ts"

/** The certificate that a server showed, as Node has it and as we describe it. */
export interface Shown {
  readonly x509: Crypto.X509Certificate
  readonly described: PeerCertificate
}

/** Undefined if the server showed none in this handshake. */
export const shownBy = (tls: Tls.TLSSocket): Shown | undefined => {
  const x509 = tls.getPeerX509Certificate()
  return x509 && { x509, described: describe(x509) }
}

export const verify = Effect.fnUntraced(function* (
  shown: Shown | undefined,
  options: {
    readonly name: string | undefined
    readonly pins: TlsOptions["pins"]
    readonly check: (server: TlsServer) => Effect.Effect<string | undefined>
    readonly host: string
    readonly port: number
  }
): Effect.fn.Return<void, TransportError> {
  const { check, host, name, pins, port } = options
  if (shown === undefined) return yield* refused("bad certificate", "the server showed none")
  const { described, x509 } = shown
  const mistake = name === undefined ? undefined : Builtin.tls().checkServerIdentity(name, x509.toLegacyObject())
  if (mistake !== undefined) return yield* new TransportError({ reason: identityReason(mistake) })
  if (pins !== undefined && !isPinned(described, typeof pins === "string" ? [pins] : pins)) {
    const { fingerprint256, publicKeyPin } = described
    return yield* refused("pin mismatch", `it showed ${publicKeyPin}, fingerprint ${fingerprint256}`)
  }
  const objection = yield* check({ host, port, certificate: described })
  if (objection !== undefined) return yield* refused("refused", objection)
})

const describe = (certificate: Crypto.X509Certificate): PeerCertificate => {
  const { fingerprint256, issuer, publicKey, raw, subject, subjectAltName, validFrom, validTo } = certificate
  const spki = publicKey.export({ format: "der", type: "spki" })
  return {
    // Node leaves out an empty name.
    subject: subject ?? "",
    subjectAltName: subjectAltName ?? "",
    issuer: issuer ?? "",
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
    fingerprint256,
    publicKeyPin: `sha256/${Builtin.crypto().createHash("sha256").update(spki).digest("base64")}`,
    raw: new Uint8Array(raw)
  }
}

/** Only the leaf certificate counts: anybody can send certificates of others beside their own. */
const isPinned = ({ fingerprint256, publicKeyPin }: PeerCertificate, pins: ReadonlyArray<string>): boolean => {
  const fingerprint = plainHex(fingerprint256)
  return pins.some((pin) =>
    pin.includes("/")
      ? pin.replace(/^sha256\/\/?(?=.{44}$)/i, "sha256/") === publicKeyPin
      : plainHex(pin) === fingerprint
  )
}

const plainHex = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase()

const refused = (problem: TlsProblem, detail: string) =>
  new TransportError({ reason: new TlsFailed({ problem, detail }) })
