/**
 * The source of masking keys and handshake nonces: the platform's strong one (RFC 6455 §10.3, §4.1). Only `client/testing`
 * exports the layer that replaces it, so no option can weaken masking.
 */
import { NodePlatform } from "@effect-websocket/transport"
import * as Context from "effect/Context"

export interface Entropy {
  /** A fresh masking key: 32 bits that nobody can predict. */
  readonly maskingKey: () => number
  /** 16 fresh bytes for one opening handshake. */
  readonly nonce: () => Uint8Array
}

/** @internal */
export const Entropy = Context.Reference<Entropy>("@effect-websocket/client/Entropy", {
  defaultValue: () => ({
    maskingKey: NodePlatform.randomUint32,
    nonce: () => NodePlatform.randomBytes(16)
  })
})
