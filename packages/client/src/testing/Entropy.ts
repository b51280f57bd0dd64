/**
 * Entropy without surprises, for tests that compare bytes. It is the only way to replace the strong source, and it
 * lives in `./testing` so that no program does it by an option.
 */
import * as Layer from "effect/Layer"
import { Entropy } from "../internal/Entropy.ts"

/** Every frame is masked with `maskingKey` (default 0: payloads readable on the wire), every nonce is zeros. */
export const layerPredictable = (maskingKey = 0): Layer.Layer<never> =>
  Layer.succeed(Entropy, { maskingKey: () => maskingKey, nonce: () => new Uint8Array(16) })
