/**
 * What taking from a connection gives: whole messages, their fragments as they come, or frames; and a text as a string
 * or as the bytes that came.
 */
import { type Assembler, FragmentAssembler, FrameAssembler, MessageAssembler } from "@effect-websocket/core"
import * as Schema from "effect/Schema"
import type { Message } from "./Connection.ts"

/** Whole messages, parts of messages as they come, or frames with the control frames among them. */
export const Delivery = Schema.Literals(["messages", "fragments", "frames"])
export type Delivery = typeof Delivery.Type

/** A string, or bytes that nobody checked to be UTF-8. */
export const TextAs = Schema.Literals(["string", "bytes"])
export type TextAs = typeof TextAs.Type

/** What taking gives, by `delivery` and `text`. */
export type Delivered<D extends Delivery, T extends TextAs> = {
  readonly messages: { readonly string: Message; readonly bytes: MessageBytes }
  readonly fragments: { readonly string: Fragment; readonly bytes: FragmentBytes }
  readonly frames: { readonly string: Frame; readonly bytes: Frame }
}[D][T]

/** A message with its kind, and a text as the bytes that came: they may be anything. */
export type MessageBytes = MessageAssembler.MessageBytes

/** A part of a message as it came, in at most one read of the network; `last` ends the message. */
export type Fragment = FragmentAssembler.Fragment

/** The same with a text as the bytes that came: they may be anything, and characters may be split. */
export type FragmentBytes = FragmentAssembler.BytesFragment

/** A frame of the peer, its payload inflated where it came compressed. */
export type Frame = FrameAssembler.Frame

/** How an endpoint makes what these ask for. */
export const assemblerOf = <D extends Delivery, T extends TextAs>(delivery: D, text: T) =>
  assemblers[delivery][text] as Assembler.Make<Delivered<D, T>>

const assemblers: Record<Delivery, Record<TextAs, Assembler.Make<unknown>>> = {
  messages: {
    string: (...parts) => new MessageAssembler.MessageAssembler(...parts),
    bytes: (...parts) => new MessageAssembler.MessageBytesAssembler(...parts)
  },
  fragments: {
    string: (...parts) => new FragmentAssembler.FragmentAssembler(...parts, "string"),
    bytes: (...parts) => new FragmentAssembler.FragmentAssembler(...parts, "bytes")
  },
  frames: {
    string: (...parts) => new FrameAssembler.FrameAssembler(...parts, "string"),
    bytes: (...parts) => new FrameAssembler.FrameAssembler(...parts, "bytes")
  }
}
