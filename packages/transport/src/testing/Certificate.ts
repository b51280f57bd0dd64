/**
 * X.509 certificates and revocation lists made on the spot, for servers in tests and demonstrations: as little of RFC 5280 as a
 * TLS client looks at, signed with ECDSA over P-256. By default they outlive every clock, so never trust one outside a test.
 */
import { Buffer } from "node:buffer"
import * as Crypto from "node:crypto"
import * as HostName from "../internal/HostName.ts"
import * as Ip from "../internal/proxy/Ip.ts"
import { der, integer, sequence } from "./Der.ts"

/** A certificate and its key, both PEM. */
export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8, not encrypted. */
  readonly key: string
  /** The common name of its subject. */
  readonly name: string
}

export interface Options {
  /** Host names, in any script, and IP addresses it is for, at least one; the first is its common name too. */
  readonly names: readonly [string, ...Array<string>]
  /** Who signs it. Default: it signs itself. */
  readonly issuer?: Certificate
  /** Whether it may sign others. Default false. */
  readonly isAuthority?: boolean
  /** Default: the year 2000. */
  readonly validFrom?: Date
  /** Default: never, in RFC 5280's way of saying it (§4.1.2.5). */
  readonly validTo?: Date
}

/** A new key, and a certificate for it. */
export const make = (options: Options): Certificate => {
  const { names, issuer, isAuthority = false, validFrom = always.from, validTo = always.to } = options
  const [name] = names
  const { privateKey, publicKey } = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
  const toBeSigned = sequence(
    der(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(Buffer.concat([Uint8Array.of(0x4c), Crypto.randomBytes(8)])), // a serial number, positive
    ecdsaWithSha256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(validFrom), time(validTo)),
    distinguishedName(name),
    publicKey.export({ format: "der", type: "spki" }),
    der(0xa3, sequence(basicConstraints(isAuthority), subjectAltName(names)))
  )
  const signature = Crypto.sign("sha256", toBeSigned, issuer?.key ?? privateKey)
  const certificate = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature))
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    name
  }
}

export interface RevocationOptions {
  /** The authority that revokes, and signs the list. */
  readonly issuer: Certificate
  /** Certificates of it that are no longer valid. Default: none. */
  readonly revoked?: ReadonlyArray<Certificate>
  /** When the list is renewed, and no longer valid. Default: never. */
  readonly validTo?: Date
}

/** A certificate revocation list (RFC 5280 §5), in PEM. */
export const makeRevocationList = ({ issuer, revoked = [], validTo = always.to }: RevocationOptions): string => {
  const entries = revoked.map(({ cert }) => {
    const { serialNumber } = new Crypto.X509Certificate(cert)
    return sequence(integer(Buffer.from(serialNumber, "hex")), time(always.from))
  })
  const toBeSigned = sequence(
    integer(Uint8Array.of(1)), // version 2
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    time(always.from),
    time(validTo),
    // An empty list of them is left out (RFC 5280 §5.1.2.6).
    ...(entries.length > 0 ? [sequence(...entries)] : [])
  )
  const signature = Crypto.sign("sha256", toBeSigned, issuer.key)
  return pem("X509 CRL", sequence(toBeSigned, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature)))
}

const distinguishedName = (commonName: string) =>
  sequence(der(0x31, sequence(objectId.commonName, der(0x0c, Buffer.from(commonName)))))

/** UTCTime from 1950 to 2049, GeneralizedTime before and after that (RFC 5280 §4.1.2.5). */
const time = (date: Date) => {
  const digits = date.toISOString().replace(/\..*|[^0-9]/g, "")
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`))
}

const basicConstraints = (isAuthority: boolean) => {
  const value = isAuthority ? sequence(isTrue) : sequence()
  return sequence(objectId.basicConstraints, isTrue, der(0x04, value))
}

const subjectAltName = (names: ReadonlyArray<string>) =>
  sequence(objectId.subjectAltName, der(0x04, sequence(...names.map(generalName))))

/** A host name is converted to ASCII. What is neither a name nor an address, such as an authority's name, stays as it is. */
const generalName = (name: string) => {
  const address = Ip.parse(name)
  if (address !== undefined) return der(0x87, Uint8Array.from(Ip.octets(address)))
  return der(0x82, Buffer.from(isAscii.test(name) ? name : (HostName.parse(name) ?? name)))
}

const isAscii = /^[\0-\x7f]*$/

const pem = (label: string, bytes: Uint8Array) => {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,64}/g)!
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n")
}

const objectId = {
  commonName: Buffer.from("0603550403", "hex"),
  subjectAltName: Buffer.from("0603551d11", "hex"),
  basicConstraints: Buffer.from("0603551d13", "hex")
}

const ecdsaWithSha256 = Buffer.from("300a06082a8648ce3d040302", "hex")

const always = { from: new Date("2000-01-01T00:00:00Z"), to: new Date("9999-12-31T23:59:59Z") }

const isTrue = Uint8Array.of(0x01, 0x01, 0xff)
