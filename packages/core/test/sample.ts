/** The sample handshake of RFC 6455 §1.3, and what tests of handshakes need besides. */
import { createHash } from "node:crypto"

export const nonce = new Uint8Array(Buffer.from("the sample nonce"))
export const key = "dGhlIHNhbXBsZSBub25jZQ=="
export const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

export const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash("sha1").update(bytes).digest())

/** All bytes as text, one character each. */
export const latin1 = (...chunks: ReadonlyArray<Uint8Array>) => Buffer.concat(chunks).toString("latin1")
