/** Autobahn 1: payload lengths at every boundary of the length field (RFC 6455 §5.2), text and binary. */
import { type Case, event, serverCloses } from "../Case.ts"
import * as Frame from "../Frame.ts"

export const framing = (): ReadonlyArray<Case> => [
  ...kinds.flatMap(({ section, kind, octet, octet0 }) =>
    lengths.map(({ number, payloadLength, chop, kill }): Case => {
      const payload = Buffer.alloc(payloadLength, octet)
      return {
        id: `${section}.${number}`,
        does: `Sends a ${kind} message of ${payloadLength} octets${chop ? ` in chops of ${chop} octets` : ""}.`,
        expects: `The same ${kind} message.`,
        steps: [{ write: Frame.frame(octet0, payload), ...(chop && { chop }) }],
        expected: { OK: [event(kind, payload)] },
        close: serverCloses,
        timer: { kill }
      }
    })
  )
]

const kinds = [
  { section: "1.1", kind: "text", octet: "*", octet0: 0x81 },
  { section: "1.2", kind: "binary", octet: 0xfe, octet0: 0x82 }
] as const

const lengths = [
  { number: 1, payloadLength: 0, chop: undefined, kill: 1 },
  { number: 2, payloadLength: 125, chop: undefined, kill: 1 },
  { number: 3, payloadLength: 126, chop: undefined, kill: 1 },
  { number: 4, payloadLength: 127, chop: undefined, kill: 1 },
  { number: 5, payloadLength: 128, chop: undefined, kill: 1 },
  { number: 6, payloadLength: 65_535, chop: undefined, kill: 10 },
  { number: 7, payloadLength: 65_536, chop: undefined, kill: 10 },
  { number: 8, payloadLength: 65_536, chop: 997, kill: 10 }
]
