/**
 * What is printed of what happens, and how: for people, as JSON, or raw. Pure.
 *
 * For people, nothing that the peer chose reaches a terminal as it is: control characters, escape sequences and
 * bidirectional controls are shown as `\u{..}`. JSON holds exactly what came, with the same characters as `\u....`. Raw is
 * exactly what came.
 */
import type { CloseInfo, Message } from "@effect-websocket/client"
import { escapePeerText } from "@effect-websocket/transport"
import * as Duration from "effect/Duration"
import * as Base64 from "effect/encoding/Base64"
import * as Hex from "effect/encoding/Hex"

export type Happened =
  | { readonly _tag: "Opened"; readonly url: string; readonly subprotocol?: string; readonly extensions?: string }
  | { readonly _tag: "Received"; readonly message: Message }
  | { readonly _tag: "Pinged" | "Ponged"; readonly payload: Uint8Array }
  | { readonly _tag: "Answered"; readonly roundTrip: Duration.Duration }
  | { readonly _tag: "Closed"; readonly info: CloseInfo }

export interface Style {
  readonly format: "shown" | "json" | "raw"
  /** The output is a terminal: messages are marked, and cut. */
  readonly terminal: boolean
  readonly colors: boolean
  /** Nothing is cut. */
  readonly full: boolean
  /** Seconds since the start stand before each. */
  readonly timings: boolean
}

/** A string or bytes to write; undefined where that is nothing. */
export const render = (happened: Happened, seconds: number, style: Style): string | Uint8Array | undefined => {
  switch (style.format) {
    case "json":
      return `${json({ ...(style.timings && { seconds: rounded(seconds) }), ...fields(happened) })}\n`
    case "raw":
      return happened._tag === "Received" ? raw(happened.message) : undefined
    case "shown":
      return shown(happened, seconds, style)
  }
}

/** A text ends its line, so that the next does not run into it; bytes are followed by nothing. */
const raw = (message: Message) => (typeof message === "string" ? `${message}\n` : message)

const shown = (happened: Happened, seconds: number, style: Style): string | undefined => {
  const text = describe(happened, style)
  if (text === undefined) return undefined
  const time = style.timings ? `${seconds.toFixed(3)} ` : ""
  return `${time}${text}\n`
}

const describe = (happened: Happened, style: Style): string | undefined => {
  switch (happened._tag) {
    case "Received": {
      const { message } = happened
      const mark = style.terminal ? `${style.colors ? blue("<") : "<"} ` : ""
      return mark + (typeof message === "string" ? text(message, style) : binary(message, style))
    }
    case "Pinged":
    case "Ponged":
      return `* ${happened._tag === "Pinged" ? "ping" : "pong"} ${hex(happened.payload)}`.trimEnd()
    case "Answered":
      return `* answered after ${Duration.toMillis(happened.roundTrip).toFixed(1)} ms`
    case "Opened":
      return style.terminal ? opened(happened) : undefined
    case "Closed":
      return style.terminal ? closed(happened.info) : undefined
  }
}

const opened = ({ extensions, subprotocol, url }: Extract<Happened, { readonly _tag: "Opened" }>): string =>
  [
    `* connected to ${escapePeerText(url)}`,
    ...(subprotocol === undefined ? [] : [`subprotocol ${escapePeerText(subprotocol)}`]),
    ...(extensions === undefined ? [] : [escapePeerText(extensions)])
  ].join(", ")

const closed = ({ by, closeCode, closeReason }: CloseInfo): string =>
  `* closed by ${by}: ${closeCode} ${escapePeerText(closeReason)}`.trimEnd()

const text = (message: string, style: Style): string => {
  const cut = isCut(style) ? cutText(message, maxShownCharacters) : message
  const more = message.length - cut.length
  return escaped(cut) + (more === 0 ? "" : `... (${more} more characters: --full)`)
}

/** Cuts the text, but not between the halves of a surrogate pair. */
const cutText = (message: string, length: number): string =>
  message.slice(0, /[\uD800-\uDBFF]/.test(message[length - 1] ?? "") ? length - 1 : length)

/** All of it: what a message of an error would cut is given to it in pieces. */
const escaped = (text: string): string => text.replace(/.{1,200}/gsu, escapePeerText)

const binary = (bytes: Uint8Array, style: Style): string => {
  if (!style.terminal) return hex(bytes)
  const some = isCut(style) ? bytes.subarray(0, maxShownBytes) : bytes
  const more = bytes.length - some.length
  return [`${bytes.length} bytes`, ...dump(some), ...(more === 0 ? [] : [`  ... (${more} more bytes: --full)`])].join(
    "\n"
  )
}

/** Shows bytes like `hexdump -C`. */
const dump = (bytes: Uint8Array): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => {
    const some = bytes.subarray(row * 16, row * 16 + 16)
    const digits = Array.from(some, (byte) => byte.toString(16).padStart(2, "0")).join(" ")
    const characters = Array.from(some, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    return `  ${(row * 16).toString(16).padStart(8, "0")}  ${digits.padEnd(47)}  |${characters.join("")}|`
  })

const hex = (bytes: Uint8Array) => (bytes.length === 0 ? "" : `0x${Hex.encode(bytes)}`)

const isCut = ({ full, terminal }: Style) => terminal && !full

const fields = (happened: Happened): Record<string, unknown> => {
  switch (happened._tag) {
    case "Opened": {
      const { extensions, subprotocol, url } = happened
      return { type: "open", url, subprotocol, extensions }
    }
    case "Received": {
      const { message } = happened
      return typeof message === "string"
        ? { type: "text", text: message }
        : { type: "binary", base64: Base64.encode(message) }
    }
    case "Pinged":
    case "Ponged":
      return { type: happened._tag === "Pinged" ? "ping" : "pong", base64: Base64.encode(happened.payload) }
    case "Answered":
      return { type: "answer", milliseconds: rounded(Duration.toMillis(happened.roundTrip)) }
    case "Closed": {
      const { by, clean, closeCode, closeReason, discarded } = happened.info
      return { type: "close", closeCode, closeReason, by, clean, discarded }
    }
  }
}

const json = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000

const blue = (text: string) => `\u001b[34m${text}\u001b[0m`

/** Of a text, on a terminal: a screen or two. */
export const maxShownCharacters = 4096

/** Of a binary message, on a terminal: 32 lines. */
export const maxShownBytes = 512
