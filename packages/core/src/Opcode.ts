/**
 * Opcodes: what a frame carries (RFC 6455 §5.2, §11.8).
 *
 * This module knows which of the sixteen values have a meaning. `FrameHeader` knows what each kind of frame may look like.
 */
export type Opcode = 0x0 | 0x1 | 0x2 | Control
export type Control = 0x8 | 0x9 | 0xa

export const continuation = 0x0
export const text = 0x1
export const binary = 0x2
export const close = 0x8
export const ping = 0x9
export const pong = 0xa

/** The names for people to read. */
export const names = {
  [continuation]: "continuation",
  [text]: "text",
  [binary]: "binary",
  [close]: "close",
  [ping]: "ping",
  [pong]: "pong"
} as const

export type Name = (typeof names)[Opcode]

/** 0x3 to 0x7 and 0xB to 0xF are reserved for future versions of the protocol. */
export const isDefined = (opcode: number): opcode is Opcode => opcode <= binary || (opcode >= close && opcode <= pong)

/** Control frames have the top bit of the opcode set (RFC 6455 §5.5). */
export const isControl = (opcode: number): boolean => (opcode & 0x8) !== 0
