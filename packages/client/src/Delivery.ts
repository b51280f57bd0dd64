/**
 * What receiving from a connection gives: whole messages, fragments as they arrive, or frames; and text as a string or as the
 * bytes that came.
 */
import { type Assembler, FragmentAssembler, FrameAssembler, MessageAssembler } from "@effect-websocket/core"
import * as Schema from "effect/Schema"
import type { Message } from "./Connection.ts"

/** Whole messages, parts of messages as they arrive, or all frames, including control frames. */
export const Delivery = Schema.Literals(["messages", "fragments", "frames"])
export type Delivery = typeof Delivery.Type

/** A string, or bytes that were not checked to be UTF-8. */
export const TextAs = Schema.Literals(["string", "bytes"])
export type TextAs = typeof TextAs.Type

/** What receiving gives, depending on `delivery` and `text`. */
export type Delivered<D extends Delivery, T extends TextAs> = {
  readonly messages: { readonly string: Message; readonly bytes: MessageBytes }
  readonly fragments: { readonly string: Fragment; readonly bytes: FragmentBytes }
  readonly frames: { readonly string: Frame; readonly bytes: Frame }
}[D][T]

/** A message with its kind. Text is the bytes that came, which may not be UTF-8. */
export type MessageBytes = MessageAssembler.MessageBytes

/** A part of a message as it arrived in one network read; `last` ends the message. */
export type Fragment = FragmentAssembler.Fragment

/** The same, with text as the bytes that came, which may not be UTF-8, and may split characters. */
export type FragmentBytes = FragmentAssembler.BytesFragment

/** A frame from the peer, with its payload inflated if it came compressed. */
export type Frame = FrameAssembler.Frame

/** How an endpoint makes what these ask for. */
export const assemblyOf = <D extends Delivery, T extends TextAs>(delivery: D, text: T) =>
  assemblies[delivery][text] as Assembler.Assembly<Delivered<D, T>>

const assemblies: Record<Delivery, Record<TextAs, Assembler.Assembly<unknown>>> = {
  messages: { string: MessageAssembler.messages, bytes: MessageAssembler.messageBytes },
  fragments: { string: FragmentAssembler.fragments, bytes: FragmentAssembler.bytesFragments },
  frames: { string: FrameAssembler.frames, bytes: FrameAssembler.uncheckedFrames }
}
