/** Autobahn 6.1 to 6.4: empty and fragmented text, and how soon broken UTF-8 is noticed (RFC 6455 §8.1). */
import { type Case, clientFails, event, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const utf8 = (): ReadonlyArray<Case> => [
  ...echoes.map(
    ({ id, does, frames, payload }): Case => ({
      id,
      does,
      expects: "The same text in one message.",
      steps: [{ write: Frame.concat(...frames) }],
      expected: { OK: [event("text", payload)] },
      close: serverCloses,
      timer: { close: 1 }
    })
  ),
  ...invalid.map(
    ({ id, does, frames }): Case => ({
      id,
      does,
      expects: "No echo; the client fails the connection with 1007.",
      steps: [{ write: Frame.concat(...frames) }],
      expected: { OK: [] },
      close: invalidUtf8,
      timer: { kill: 1 }
    })
  ),
  ...failFast.map(
    ({ id, does, parts: [first, second, third] }): Case => ({
      id,
      does,
      expects: "The client fails the connection with 1007 before the third part is due; non-strict when only after it.",
      steps: [
        { write: first },
        { wait: 1, timeout: "A" },
        { write: second },
        { wait: 1, timeout: "B" },
        { write: third }
      ],
      expected: { OK: [event("timeout", "A")], "NON-STRICT": [event("timeout", "A"), event("timeout", "B")] },
      close: invalidUtf8,
      timer: { kill: 1 }
    })
  )
]

/** 1007, and a close by the server is a failure of the case. */
export const invalidUtf8 = { ...clientFails(1007), sideIsFatal: true }

/** Text in fragments of one octet each. */
const octetwise = (payload: Uint8Array): ReadonlyArray<Uint8Array> => [Frame.fragments(0x01, payload, 1)]

const hello = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!")
const cut = Buffer.byteLength("Hello-µ@ßöä")
/** κόσμε; its second letter in the form of three octets. */
const kosme = Frame.hex("ce ba e1 bd b9 cf 83 ce bc ce b5")
const surrogate = Frame.concat(kosme, Frame.hex("ed a0 80"), Buffer.from("edited"))
const middle = "middle frame payload"
const tooHigh = Frame.hex("f4 90 80 80")
const edited = Buffer.from("edited")

const echoes = [
  { id: "6.1.1", does: "Empty text.", frames: [Frame.frame(0x81)], payload: "" },
  {
    id: "6.1.2",
    does: "Text in three empty fragments.",
    frames: [Frame.frame(0x01), Frame.frame(0x00), Frame.frame(0x80)],
    payload: ""
  },
  {
    id: "6.1.3",
    does: "Text in three fragments, the first and the last empty.",
    frames: [Frame.frame(0x01), Frame.frame(0x00, middle), Frame.frame(0x80)],
    payload: middle
  },
  { id: "6.2.1", does: "UTF-8 text in one frame.", frames: [Frame.frame(0x81, hello)], payload: hello },
  {
    id: "6.2.2",
    does: "The same text, cut between two code points.",
    frames: [Frame.frame(0x01, hello.subarray(0, cut)), Frame.frame(0x80, hello.subarray(cut))],
    payload: hello
  },
  { id: "6.2.3", does: "The same text in fragments of one octet.", frames: octetwise(hello), payload: hello },
  { id: "6.2.4", does: "κόσμε in fragments of one octet.", frames: octetwise(kosme), payload: kosme }
]

const invalid = [
  { id: "6.3.1", does: "Text with a surrogate in it.", frames: [Frame.frame(0x81, surrogate)] },
  { id: "6.3.2", does: "The same octets in fragments of one octet.", frames: octetwise(surrogate) }
]

const failFast: ReadonlyArray<{ id: string; does: string; parts: readonly [Buffer, Buffer, Buffer] }> = [
  {
    id: "6.4.1",
    does: "Three frames, a second apart: text, a code point above U+10FFFF, text.",
    parts: [Frame.frame(0x01, kosme), Frame.frame(0x00, tooHigh), Frame.frame(0x80, edited)]
  },
  {
    id: "6.4.2",
    does: "As 6.4.1, cut behind F4: the second frame is the offending octet 90.",
    parts: [
      Frame.frame(0x01, Frame.concat(kosme, tooHigh.subarray(0, 1))),
      Frame.frame(0x00, tooHigh.subarray(1, 2)),
      Frame.frame(0x80, Frame.concat(tooHigh.subarray(2), edited))
    ]
  },
  {
    id: "6.4.3",
    does: "As 6.4.1, but the parts are pieces of one unfinished frame of 21 octets.",
    parts: [Frame.concat(Frame.header(0x81, 21), kosme), tooHigh, edited]
  },
  {
    id: "6.4.4",
    does: "As 6.4.2, but the parts are pieces of one unfinished frame of 21 octets.",
    parts: [
      Frame.concat(Frame.header(0x81, 21), kosme, tooHigh.subarray(0, 1)),
      tooHigh.subarray(1, 2),
      Frame.concat(tooHigh.subarray(2), edited)
    ]
  }
]
