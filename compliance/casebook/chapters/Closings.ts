/**
 * C: endings that Autobahn does not try (RFC 6455 §5.5.1, §7). Data behind a Close, codes of the registry, Closes in
 * pieces, and peers that never finish. The client has 10 seconds for a closing handshake.
 */
import { type Case, clientFails, type Event, event, type Step } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const closings = (): ReadonlyArray<Case> => [...answered, ...refused, ...held, ...ended]

const normal = Frame.close(1000)

/** The client answers with the code or 1000, and nothing else comes. */
const clean = (id: string, does: string, steps: ReadonlyArray<Step>, code = 1000): Case => ({
  id,
  does,
  expects: `The client answers ${code === 1000 ? "1000" : `${code}, 1000`} or no code, cleanly, and sends nothing else.`,
  steps,
  expected: { OK: [] },
  close: { by: "server", codes: [code, 1000], clean: true, codeIsFatal: true },
  timer: { kill: 2 }
})

const megabytes: ReadonlyArray<Buffer> = new Array<Buffer>(64).fill(Frame.frame(0x82, Buffer.alloc(0x10000)))

const answered: ReadonlyArray<Case> = [
  clean("C.1.1", "Close(1000), then octets that are no frames.", [
    { close: Frame.concat(normal, Buffer.alloc(64, 0xff)) }
  ]),
  clean("C.1.2", "Close(1000), then 4 MiB of messages.", [{ close: Frame.concat(normal, ...megabytes) }]),
  clean("C.1.3", "Close(1000), then a masked frame and reserved bits.", [
    { close: Frame.concat(normal, Frame.hex("81 80 00000000 f1 00")) }
  ]),
  clean("C.1.4", "Close(1000), then Close(1011).", [{ close: Frame.concat(normal, Frame.close(1011)) }]),
  clean("C.1.5", "First text fragment, Close(1000), text that breaks UTF-8.", [
    { close: Frame.concat(Frame.frame(0x01, "a"), normal, Frame.hex("80 01 ff")) }
  ]),
  clean("C.1.6", "Close(1000) and FIN in one go.", [{ close: normal }, { tcp: "fin" }]),
  clean("C.1.7", "Close(1000), octet by octet.", [
    { write: normal.subarray(0, 1) },
    { write: normal.subarray(1, 2) },
    { write: normal.subarray(2, 3) },
    { close: normal.subarray(3) }
  ]),
  clean("C.1.8", "First fragment of a text, then Close(1000).", [
    { close: Frame.concat(Frame.frame(0x01, "never finished"), normal) }
  ]),
  {
    ...clean("C.1.9", "Close(1000), then text and Ping; listens for a while after the answer.", [
      { close: Frame.concat(normal, Frame.frame(0x81, "too late"), Frame.frame(0x89)) }
    ]),
    linger: 0.3
  },
  clean("C.2.1", "Close(1012), Service Restart.", [{ close: Frame.close(1012) }], 1012),
  clean("C.2.2", "Close(1013), Try Again Later.", [{ close: Frame.close(1013) }], 1013),
  clean("C.2.3", "Close(1014), Bad Gateway.", [{ close: Frame.close(1014) }], 1014),
  clean("C.2.4", "Close(1000) with a reason of 41 × €, 123 octets.", [{ close: Frame.close(1000, "€".repeat(41)) }])
]

/** A Close that is wrong in itself: answered with a code of failure or dropped. */
const wrong = (id: string, does: string, octets: Uint8Array, ...codes: ReadonlyArray<number>): Case => ({
  id,
  does,
  expects: `The client answers ${codes.join(" or ")} or no code, or drops TCP.`,
  steps: [{ close: octets }],
  expected: { OK: [] },
  close: { by: "server", codes, clean: false, codeIsFatal: true },
  timer: { kill: 2 }
})

const refused: ReadonlyArray<Case> = [
  wrong("C.2.5", "Close(1015), which never travels.", Frame.close(1015), 1002),
  wrong("C.2.6", "Close(1).", Frame.close(1), 1002),
  wrong("C.2.7", "Close(65535).", Frame.close(65_535), 1002),
  wrong("C.2.8", "Close(5000).", Frame.close(5_000), 1002),
  wrong(
    "C.2.9",
    "Close(1000) with a reason cut inside a code point.",
    Frame.close(1000, Frame.hex("e2 82")),
    1002,
    1007
  ),
  wrong("C.2.10", "Close(1000) with a surrogate as reason.", Frame.close(1000, Frame.hex("ed a0 80")), 1002, 1007)
]

/** Ten seconds are the client's, two are the judge's. */
const hold = (answer: boolean, drip: Uint8Array = Frame.frame(0x89)) => ({ seconds: 12, drip, answer })

const gone: ReadonlyArray<Event> = [event("gone")]

const held: ReadonlyArray<Case> = [
  {
    ...clean("C.3.1", "Close(1000), and TCP stays open after the client's answer.", [{ close: normal }]),
    expected: { OK: gone },
    hold: hold(true),
    slow: true
  },
  ...[
    { id: "C.3.2", does: "A reserved opcode; the Close is answered, TCP stays open.", answer: true },
    { id: "C.3.3", does: "A reserved opcode; the Close is never answered, Pings go on.", answer: false }
  ].map(
    ({ id, does, answer }): Case => ({
      ...letsGo(id, does, [{ write: Frame.hex("83 00") }]),
      close: clientFails(1002),
      hold: hold(answer)
    })
  ),
  {
    ...letsGo("C.3.4", "A reserved opcode; the Close is never answered, 64 KiB of data come four times a second.", [
      { write: Frame.hex("83 00") }
    ]),
    close: clientFails(1002),
    hold: hold(false, megabytes[0]!)
  }
]

/** The client is gone before the judge's patience is. */
function letsGo(id: string, does: string, steps: ReadonlyArray<Step>): Case {
  return {
    id,
    does,
    expects: "The client has let the connection go within 10 seconds.",
    steps,
    expected: { OK: gone },
    close: clientFails(),
    timer: { kill: 12 },
    slow: true
  }
}

const ended: ReadonlyArray<Case> = [
  {
    ...letsGo("C.4.1", "FIN without a Close.", [{ wait: 0.2 }, { tcp: "fin" }]),
    expects: "The client ends TCP too.",
    close: clientFails(1000, 1001, 1002, 1011),
    hold: hold(false),
    slow: false
  },
  {
    ...letsGo("C.4.2", "FIN in the middle of a frame.", [{ write: Frame.header(0x82, 1024) }, { tcp: "fin" }]),
    expects: "The client ends TCP too.",
    close: clientFails(1000, 1001, 1002, 1011),
    hold: hold(false),
    slow: false
  },
  {
    ...letsGo("C.4.3", "FIN in the middle of a message.", [{ write: Frame.frame(0x01, "a") }, { tcp: "fin" }]),
    expects: "The client ends TCP too.",
    close: clientFails(1000, 1001, 1002, 1011),
    hold: hold(false),
    slow: false
  },
  {
    id: "C.4.4",
    does: "A text, and FIN once its echo is in.",
    expects: "The echo, then the client ends TCP too.",
    steps: [{ write: Frame.frame(0x81, "echo me") }, { events: 1 }, { tcp: "fin" }],
    expected: { OK: [event("text", "echo me"), event("gone")] },
    close: clientFails(1000, 1001, 1002, 1011),
    hold: hold(false),
    timer: { kill: 12 }
  }
]
