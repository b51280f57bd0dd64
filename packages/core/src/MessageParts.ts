/**
 * Checks part by part whether a message that a program sends in parts is legal as a whole.
 *
 * A stream may cut strings inside a surrogate pair, and bytes of a text inside a character. Half of a pair is held back until
 * the other half is there. Part of a character in bytes is sent at once, since only the whole message must be UTF-8 (RFC 6455
 * §5.6).
 */
import type { Kind } from "./Assembler.ts"
import * as InvalidMessage from "./InvalidMessage.ts"
import type { Platform } from "./Platform.ts"
import * as Utf8 from "./Utf8.ts"

export class MessageParts {
  private readonly kind: Kind
  private readonly platform: Platform
  /** The first half of a surrogate pair, if the last string ended with one. */
  private half = ""
  /** What the bytes so far demand of the next one. */
  private state: Utf8.State = Utf8.accept

  constructor(kind: Kind, platform: Platform) {
    this.kind = kind
    this.platform = platform
  }

  /** The bytes that may be sent now, or what is illegal. */
  take(part: string | Uint8Array): Uint8Array | InvalidMessage.InvalidMessage {
    if (typeof part === "string") return this.takeString(this.half + part)
    if (!(part instanceof Uint8Array)) return InvalidMessage.all.NotAMessage
    if (this.half !== "") return InvalidMessage.all.LoneSurrogate
    if (this.kind === "binary") return part
    this.state = this.platform.validateUtf8(this.state, part, 0, part.length)
    return this.state === Utf8.reject ? InvalidMessage.all.NotUtf8 : part
  }

  /** What is illegal about ending here, if anything. */
  end(): InvalidMessage.InvalidMessage | undefined {
    if (this.half !== "") return InvalidMessage.all.LoneSurrogate
    return this.state === Utf8.accept ? undefined : InvalidMessage.all.NotUtf8
  }

  private takeString(text: string): Uint8Array | InvalidMessage.InvalidMessage {
    if (this.state !== Utf8.accept) return InvalidMessage.all.NotUtf8
    const cut = isFirstHalf(text.charCodeAt(text.length - 1))
    this.half = cut ? text.slice(-1) : ""
    const whole = cut ? text.slice(0, -1) : text
    return whole.isWellFormed() ? encoded(whole, this.platform) : InvalidMessage.all.LoneSurrogate
  }
}

/** What is illegal about sending this message as this kind, if anything. */
export const invalid = (
  message: string | Uint8Array,
  kind: Kind | undefined,
  platform: Platform
): InvalidMessage.InvalidMessage | undefined => {
  if (kind !== "text" || !(message instanceof Uint8Array)) return InvalidMessage.ofMessage(message)
  const text = new MessageParts("text", platform)
  const answer = text.take(message)
  return answer instanceof Uint8Array ? text.end() : answer
}

/** The text as UTF-8. */
export const encoded = (text: string, platform: Platform): Uint8Array => {
  const bytes = new Uint8Array(platform.utf8Length(text))
  platform.encodeUtf8(text, bytes, 0)
  return bytes
}

const isFirstHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
