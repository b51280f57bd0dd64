/**
 * A certificate and its key in PKCS #12 (RFC 7292), for tests of what reads one: sealed with the passphrase, and not
 * encrypted. Nothing outside a test should keep a key like that.
 */
import { Buffer } from "node:buffer"
import * as Crypto from "node:crypto"
import type { Certificate } from "./Certificate.ts"
import { der, integer, objectId, octets, sequence } from "./Der.ts"

export const make = ({ cert, key }: Certificate, passphrase: string): Uint8Array => {
  const certificate = new Crypto.X509Certificate(cert).raw
  const privateKey = Crypto.createPrivateKey(key).export({ format: "der", type: "pkcs8" })
  const bags = sequence(
    bag("1.2.840.113549.1.12.10.1.1", privateKey),
    bag("1.2.840.113549.1.12.10.1.3", sequence(objectId("1.2.840.113549.1.9.22.1"), der(0xa0, octets(certificate))))
  )
  const safe = sequence(data(bags))
  const salt = Crypto.randomBytes(8)
  const seal = Crypto.createHmac("sha256", macKey(passphrase, salt)).update(safe).digest()
  const sha256 = sequence(objectId("2.16.840.1.101.3.4.2.1"), der(0x05))
  return new Uint8Array(
    sequence(integer(Uint8Array.of(3)), data(safe), sequence(sequence(sha256, octets(seal)), octets(salt)))
  )
}

const bag = (type: string, value: Uint8Array) => sequence(objectId(type), der(0xa0, value))

/** A ContentInfo of PKCS #7 that holds its content as it is. */
const data = (content: Uint8Array) => sequence(objectId("1.2.840.113549.1.7.1"), der(0xa0, octets(content)))

/** RFC 7292 §B.2 with SHA-256, one iteration and a salt that fits one block: the hash of diversifier, salt and passphrase. */
const macKey = (passphrase: string, salt: Uint8Array) => {
  const password = Buffer.from(`${passphrase}\0`, "utf16le").swap16()
  return Crypto.createHash("sha256")
    .update(new Uint8Array(block).fill(3))
    .update(filled(salt))
    .update(filled(password))
    .digest()
}

/** Repeated to whole blocks. */
const filled = (bytes: Uint8Array) => {
  const length = Math.ceil(bytes.length / block) * block
  return Uint8Array.from({ length }, (_, index) => bytes[index % bytes.length]!)
}

/** Bytes in a block of SHA-256. */
const block = 64
