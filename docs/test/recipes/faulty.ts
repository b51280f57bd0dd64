import { type ByteStream, Transport } from "@effect-websocket/transport"
import { Effect, Layer } from "effect"

/** A Transport over another one, whose streams are changed. */
export const faulty = (change: (stream: ByteStream) => ByteStream): Layer.Layer<Transport, never, Transport> =>
  Layer.effect(
    Transport,
    Effect.map(Transport, ({ open }) => ({ open: (target) => Effect.map(open(target), change) }))
  )
