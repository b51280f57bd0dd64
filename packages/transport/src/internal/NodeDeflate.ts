/**
 * Chooses the DEFLATE of this Node: zlib that keeps its context, by an undocumented call (`ZlibCoder`), or slower forms that do
 * the same.
 */
import { type Compression, Inflate } from "@effect-websocket/core"
import * as ZlibDeflater from "./ZlibDeflater.ts"
import * as ZlibInflater from "./ZlibInflater.ts"

export const deflater = (options: Compression.DeflaterOptions): Compression.Deflater =>
  (isAvailable() ? ZlibDeflater.deflater : ZlibDeflater.oneShotDeflater)(options)

export const inflater = (options: Compression.InflaterOptions): Compression.Inflater =>
  (isAvailable() ? ZlibInflater.inflater : Inflate.inflater)(options)

/** Whether the undocumented call works, tried once with an example that needs the context (RFC 7692 §7.2.3.2). */
export const isAvailable = (): boolean => (available ??= probe())

let available: boolean | undefined

const probe = (): boolean => {
  const coder = ZlibInflater.inflater({ windowBits: 15, contextTakeover: true })
  const inflate = (...bytes: Array<number>) => String(coder.inflate(Uint8Array.from(bytes), 0, bytes.length, true, 5))
  try {
    const first = inflate(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00)
    return first === inflate(0xf2, 0x00, 0x11, 0x00, 0x00)
  } catch {
    return false
  } finally {
    coder.close()
  }
}
