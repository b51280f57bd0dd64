/**
 * Wire literals with what they mean, one row per rule, for every reader of frames: `FrameDecoder` sees `frames`,
 * `Endpoint` sees `events`. The examples of RFC 6455 §5.7 are among them.
 *
 * A violation comes after `provenAt` bytes, and not before. The bytes behind them are there to be ignored.
 */
import type { Endpoint } from "../src/Endpoint.ts"
import type * as FrameDecoder from "../src/FrameDecoder.ts"
import type { Message } from "../src/MessageAssembler.ts"
import type * as ProtocolViolation from "../src/ProtocolViolation.ts"
import { hex, toHex } from "./hex.ts"

export interface Vector {
  readonly clause: string
  readonly reader: "client" | "server"
  readonly bytes: Uint8Array
  /** "fin" and "rsv1" where set, the opcode's name, the payload in hex. */
  readonly frames: ReadonlyArray<string>
  /** "text Hello", "binary 00ff", "Ping 00", "Pong", "Close 1000 bye", or the broken rule. */
  readonly events: ReadonlyArray<string>
  readonly rule: ProtocolViolation.Rule | undefined
  readonly provenAt: number | undefined
  /** Where cutting is worth while in a long one. */
  readonly places: ReadonlyArray<number>
}

const row = (
  reader: "client" | "server",
  clause: string,
  bytes: string,
  frames: ReadonlyArray<string>,
  events: ReadonlyArray<string>,
  places: ReadonlyArray<number> = []
): Vector => ({ reader, clause, bytes: hex(bytes), frames, events, rule: undefined, provenAt: undefined, places })

/** `proof` ends with the byte that proves the violation. */
const broken = (
  reader: "client" | "server",
  rule: ProtocolViolation.Rule,
  clause: string,
  proof: string,
  frames: ReadonlyArray<string> = [],
  events: ReadonlyArray<string> = []
): Vector => ({
  reader,
  clause,
  bytes: hex(`${proof} 810161 8800`),
  frames,
  events: [...events, rule],
  rule,
  provenAt: hex(proof).length,
  places: []
})

export const legal: ReadonlyArray<Vector> = [
  row("client", "§5.7 unmasked text", "81 05 48656c6c6f", ["fin text 48656c6c6f"], ["text Hello"]),
  row("server", "§5.7 masked text", "81 85 37fa213d 7f9f4d5158", ["fin text 48656c6c6f"], ["text Hello"]),
  row(
    "client",
    "§5.7 fragmented unmasked text",
    "01 03 48656c  80 02 6c6f",
    ["text 48656c", "fin continuation 6c6f"],
    ["text Hello"]
  ),
  row("client", "§5.7 unmasked ping", "89 05 48656c6c6f", ["fin ping 48656c6c6f"], ["Ping 48656c6c6f"]),
  row("server", "§5.7 masked pong", "8a 85 37fa213d 7f9f4d5158", ["fin pong 48656c6c6f"], ["Pong 48656c6c6f"]),
  row(
    "client",
    "§5.7 256 bytes of unmasked binary",
    `82 7e 0100 ${"ab".repeat(256)}`,
    [`fin binary ${"ab".repeat(256)}`],
    [`binary ${"ab".repeat(256)}`]
  ),
  row(
    "client",
    "§5.7 64 KiB of unmasked binary",
    `82 7f 0000000000010000 ${"cd".repeat(65536)}`,
    [`fin binary ${"cd".repeat(65536)}`],
    [`binary ${"cd".repeat(65536)}`],
    [2, 10, 10 + 65536]
  ),

  row("client", "§5.6 empty text", "81 00", ["fin text "], ["text "]),
  row("client", "§5.6 empty binary", "82 00", ["fin binary "], ["binary "]),
  row("server", "§5.3 empty, masked", "82 80 00000000", ["fin binary "], ["binary "]),
  row("server", "§5.3 a key of zeros", "82 82 00000000 0102", ["fin binary 0102"], ["binary 0102"]),
  row(
    "client",
    "§5.2 several frames in one read",
    "810161 820162 8100 810163",
    ["fin text 61", "fin binary 62", "fin text ", "fin text 63"],
    ["text a", "binary 62", "text ", "text c"]
  ),
  row(
    "server",
    "§5.3 each frame has its own key",
    "01 83 01020304 606060  80 82 a0b0c0d0 c5d6",
    ["text 616263", "fin continuation 6566"],
    ["text abcef"]
  ),
  row(
    "client",
    "§5.4 control frames between fragments",
    "0101 61  890170  0000  8a00  800162",
    ["text 61", "fin ping 70", "continuation ", "fin pong ", "fin continuation 62"],
    ["Ping 70", "Pong ", "text ab"]
  ),
  row(
    "client",
    "§5.4 only empty fragments",
    "0100 0000 8000  0200 8000",
    ["text ", "continuation ", "fin continuation ", "binary ", "fin continuation "],
    ["text ", "binary "]
  ),
  row(
    "client",
    "§5.4 an empty fragment, then the whole text",
    "0100 800161",
    ["text ", "fin continuation 61"],
    ["text a"]
  ),
  row("client", "§5.4 the whole text, then nothing", "010161 8000", ["text 61", "fin continuation "], ["text a"]),
  row(
    "client",
    "§5.6 a code point over two fragments",
    "0102f09f 80029880",
    ["text f09f", "fin continuation 9880"],
    ["text \u{1f600}"]
  ),
  row("client", "§8.1 a byte order mark is text", "8104efbbbf61", ["fin text efbbbf61"], ["text \ufeffa"]),
  row(
    "client",
    "§5.5 125 bytes of ping",
    `89 7d ${"01".repeat(125)}`,
    [`fin ping ${"01".repeat(125)}`],
    [`Ping ${"01".repeat(125)}`]
  ),
  row("client", "§5.5.1 Close without a code", "88 00", ["fin close "], ["Close undefined "]),
  row("client", "§5.5.1 Close with a code", "88 02 03e8", ["fin close 03e8"], ["Close 1000 "]),
  row("client", "§5.5.1 Close with a reason", "88 05 0fa1 627965", ["fin close 0fa1627965"], ["Close 4001 bye"]),
  row(
    "client",
    "§5.5.1 the longest Close",
    `88 7d 03e8 ${"61".repeat(123)}`,
    [`fin close 03e8${"61".repeat(123)}`],
    [`Close 1000 ${"a".repeat(123)}`]
  ),
  row("client", "§5.5.1 Close inside a message", "010161 8800", ["text 61", "fin close "], ["Close undefined "])
]

/** Rules that a header breaks: `FrameDecoder` finds them. */
export const brokenHeaders: ReadonlyArray<Vector> = [
  broken("client", "ReservedBits", "§5.2 RSV1 without an extension", "c1"),
  broken("client", "ReservedBits", "§5.2 RSV2", "a2"),
  broken("client", "ReservedBits", "§5.2 RSV3", "91"),
  broken("client", "ReservedBits", "§5.2 RSV1 on a control frame", "c9"),
  broken("client", "ReservedOpcode", "§5.2 a reserved data opcode", "83"),
  broken("client", "ReservedOpcode", "§5.2 a reserved control opcode", "8b"),
  broken("client", "ReservedOpcode", "§5.2 after a legal frame", "810161 87", ["fin text 61"], ["text a"]),
  broken("client", "FragmentedControlFrame", "§5.5 a fragmented ping", "09"),
  broken("client", "FragmentedControlFrame", "§5.5 a fragmented Close", "08"),
  broken("client", "ControlFrameTooLong", "§5.5 a ping of 126 bytes", "89 7e"),
  broken("client", "ControlFrameTooLong", "§5.5 a Close with a 64-bit length", "88 7f"),
  broken("server", "ControlFrameTooLong", "§5.5 a masked pong of 126 bytes", "8a fe"),
  broken("client", "MaskedServerFrame", "§5.1 a masked frame to a client", "81 85"),
  broken("server", "UnmaskedClientFrame", "§5.1 an unmasked frame to a server", "81 05"),
  broken("client", "NonMinimalLength", "§5.2 125 in 16 bits", "82 7e 007d"),
  broken("client", "NonMinimalLength", "§5.2 at most 65,535 in 64 bits", "82 7f 000000000000"),
  broken("server", "NonMinimalLength", "§5.2 0 in 16 bits, masked", "82 fe 0000"),
  broken("client", "LengthTopBit", "§5.2 the top bit of a 64-bit length", "82 7f 80"),
  broken("client", "UnexpectedContinuation", "§5.4 nothing to continue", "80"),
  broken(
    "client",
    "UnexpectedContinuation",
    "§5.4 a message too long by one",
    "010161 800162 00",
    ["text 61", "fin continuation 62"],
    ["text ab"]
  ),
  broken("client", "ExpectedContinuation", "§5.4 text inside a message", "010161 81", ["text 61"]),
  broken("client", "ExpectedContinuation", "§5.4 binary inside a message", "0200 02", ["binary "]),
  broken(
    "client",
    "ExpectedContinuation",
    "§5.4 a ping does not end a message",
    "010161 8900 81",
    ["text 61", "fin ping "],
    ["Ping "]
  )
]

/** Rules that a payload breaks: `FrameDecoder` reads on, `Endpoint` does not. */
export const brokenPayloads: ReadonlyArray<Vector> = [
  broken("client", "InvalidUtf8", "§8.1 the first impossible byte, the frame unfinished", "81 7d 61 ff"),
  broken("client", "InvalidUtf8", "§8.1 a surrogate, at its second byte", "81 7d eda0"),
  broken("client", "InvalidUtf8", "§8.1 inside a fragment", "0102c3a9 0005 62f8"),
  broken("client", "InvalidUtf8", "§8.1 a code point broken at a fragment's start", "0102f09f 0002 41"),
  broken("client", "InvalidUtf8", "§8.1 the text ends inside a code point", "81 02 61c3"),
  broken("client", "InvalidUtf8", "§8.1 the last fragment is empty, a code point open", "0101e2 8000"),
  broken("client", "InvalidUtf8", "§8.1 an empty fragment before the mistake", "0100 8001 ff"),
  broken("server", "InvalidUtf8", "§8.1 unmasked first", "81 fd 01020304 60fd"),
  broken("client", "ClosePayloadOfOneByte", "§5.5.1 a Close of one byte", "88 01 03"),
  broken("client", "ReservedCloseCode", "§7.4.1 1005 must not be sent", "88 02 03ed"),
  broken("client", "ReservedCloseCode", "§7.4.2 999 is not used", "88 02 03e7"),
  broken("client", "InvalidCloseReason", "§5.5.1 the reason is UTF-8", "88 03 03e8 ff")
]

export const opcodeName = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong"
} as const

/** Every frame that a decoder gives for these reads, in the words of `Vector.frames`; and its last answer. */
export const framesOf = (decoder: FrameDecoder.FrameDecoder, chunks: ReadonlyArray<Uint8Array>) => {
  const frames: Array<string> = []
  let payload = ""
  let read = 0
  for (const chunk of chunks) {
    decoder.push(chunk)
    read += chunk.length
    for (let answer = decoder.next(); ; answer = decoder.next()) {
      if (answer !== decoder) {
        if ("rule" in answer) return { frames, rule: answer.rule, provenAt: read }
        break
      }
      const { fin, opcode, rsv1 } = decoder.header
      payload =
        (decoder.first ? "" : payload) + Buffer.from(decoder.bytes.slice(decoder.start, decoder.end)).toString("hex")
      if (decoder.last) frames.push(`${fin ? "fin " : ""}${rsv1 ? "rsv1 " : ""}${opcodeName[opcode]} ${payload}`)
    }
  }
  return { frames, rule: undefined, provenAt: undefined }
}

/** What the reads mean, in the words of `Vector.events`, in order. */
export const eventsOf = (endpoint: Endpoint, chunks: ReadonlyArray<Uint8Array>) => {
  const events: Array<string> = []
  for (const chunk of chunks) {
    endpoint.receive(chunk)
    for (let done = false; !done; ) {
      const into: Array<Message> = []
      done = endpoint.read(into, { messages: 1, bytes: Infinity })
      for (const { _tag, payload } of endpoint.controls.splice(0)) events.push(`${_tag} ${toHex(payload)}`)
      for (const message of into) {
        events.push(typeof message === "string" ? `text ${message}` : `binary ${toHex(message)}`)
      }
    }
  }
  const { closeReceived, failure } = endpoint
  if (closeReceived !== undefined) events.push(`Close ${closeReceived.closeCode} ${closeReceived.closeReason}`)
  if (failure !== undefined) events.push("rule" in failure ? failure.rule : failure.limit)
  return events
}
