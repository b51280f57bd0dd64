/**
 * What a case is: the octets the server writes, the events it expects back, and who must end the connection how.
 *
 * Cases are data. `Session` plays them over TCP, `Verdict` judges what came back, and neither knows any case.
 * The rules are those of Autobahn's fuzzing server, so that a verdict here means what it means there.
 */

/** What the server saw: a message, a control frame, one of its own time-outs, or the end of the TCP connection. */
export type Event = readonly [kind: "text" | "binary" | "ping" | "pong" | "timeout" | "gone", payload: Uint8Array]

export type Step =
  /** One write; with `chop` several, of at most so many octets, each in its own turn of the event loop. */
  | { readonly write: Uint8Array; readonly chop?: number }
  /** A write that starts the closing handshake: from here on the server has closed. */
  | { readonly close: Uint8Array }
  /** A pause in seconds. With `timeout` it is an event, and the script ends unless the connection is still open. */
  | { readonly wait: number; readonly timeout?: string }
  | Flood
  /** Waits until so many events are in. */
  | { readonly events: number }
  /** Stops or resumes reading what the client sends. */
  | { readonly reading: boolean }
  /** Ends our side of TCP: FIN, or RST. */
  | { readonly tcp: "fin" | "reset" }

/** The same octets again and again, `every` so many seconds, until the connection ends or octets or seconds run out. */
export interface Flood {
  readonly flood: Uint8Array
  readonly octets: number
  readonly every?: number
  readonly seconds?: number
}

/** One message out, one echo back; the payload is compared by length alone, or by its octets. */
export interface Outgoing {
  readonly kind: "text" | "binary"
  readonly payload: Uint8Array
  /** What goes over the wire, when it is not a frame of this payload made by the session's own deflater. */
  readonly octets?: Uint8Array
  readonly chop?: number
}

export interface Exchange {
  readonly messages: (count: number) => Iterable<Outgoing>
  readonly compare: "length" | "octets"
  /** Payload octets per frame after compression; 0 is one frame. */
  readonly fragmentOctets: number
  /** Seconds until the server gives up with a Close without code. */
  readonly limit: number
}

/** The very list of events, or what has to be true of it. */
export type Expected = ReadonlyArray<Event> | ((events: ReadonlyArray<Event>) => boolean)

export interface CloseRule {
  readonly by: "server" | "client"
  /** The codes the client's Close may carry. No code at all is always fine. */
  readonly codes: ReadonlyArray<number>
  /** A complete closing handshake is required. */
  readonly clean: boolean
  /** WRONG CODE makes `behavior` FAILED too. */
  readonly codeIsFatal?: boolean
  /** A close by the wrong side makes `behavior` FAILED too. */
  readonly sideIsFatal?: boolean
}

/** What the server answers to the client's extension offers, and what it holds the client to. */
export interface Agreement {
  readonly answer: string
  readonly serverNoContextTakeover?: boolean
  readonly serverMaxWindowBits?: number
  readonly clientNoContextTakeover?: boolean
  readonly clientMaxWindowBits?: number
}

/** Offered parameters by name, one Map for each `permessage-deflate` offer, in the client's order. */
export type Offers = ReadonlyArray<ReadonlyMap<string, string | undefined>>

/** The opening request as the client sent it. */
export interface Request {
  readonly head: string
  readonly requestLine: string
  /** Names in lower case, in the order of the wire. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

export interface Case {
  readonly id: string
  /** What the server does. */
  readonly does: string
  readonly expects: string
  /** The script; a function where it is too large to keep. */
  readonly steps: ReadonlyArray<Step> | (() => ReadonlyArray<Step>)
  readonly exchange?: Exchange
  /** What earns which verdict. When the events are those of OK, the server closes, if closing is its part. */
  readonly expected: { readonly OK: Expected; readonly "NON-STRICT"?: Expected }
  readonly close: CloseRule
  /** After the script: `kill` fails the connection (1001), `close` starts the closing handshake without a code. */
  readonly timer: { readonly kill: number } | { readonly close: number }
  /** Both verdicts are reported but judge nothing. */
  readonly informational?: boolean
  /** Absent: every offer is declined. When it gives nothing, the verdict is UNIMPLEMENTED. */
  readonly agree?: (offers: Offers) => Agreement | undefined
  /** Absent: the 101 response that RFC 6455 §4.2.2 asks for. */
  readonly opening?: (opening: Opening) => ReadonlyArray<Step>
  /** The answer is unacceptable: the client must drop the connection, and no octet may follow its request. */
  readonly refused?: boolean
  /** What the opening request gets wrong; every complaint fails the case. */
  readonly complaints?: (request: Request) => ReadonlyArray<string>
  /** What the frames that came over the wire get wrong; every complaint fails the case. */
  readonly frames?: (frames: ReadonlyArray<FrameFacts>) => ReadonlyArray<string>
  /** After the closing handshake the server listens for so many seconds before it ends TCP: nothing may follow. */
  readonly linger?: number
  /** The server does not end TCP; the client has so many seconds to let the connection go. */
  readonly hold?: Hold
  /** Takes seconds even with a good client: not for quick runs. */
  readonly slow?: boolean
  /** Moves megabytes: apart from the cases with short timers, and not for quick runs. */
  readonly heavy?: boolean
}

export interface Hold {
  readonly seconds: number
  /** Written again and again, because only a write shows that the other side has gone. */
  readonly drip: Uint8Array
  /** The client's Close is answered. */
  readonly answer: boolean
}

export interface Opening {
  readonly accept: string
  readonly request: Request
  readonly extensions: string
}

/** What is kept of each frame for the cases that look at frames. */
export interface FrameFacts {
  readonly octet0: number
  readonly maskingKey: number
  readonly payloadLength: number
}

export const event = (kind: Event[0], payload: string | Uint8Array = ""): Event => [
  kind,
  typeof payload === "string" ? Buffer.from(payload) : payload
]

/** Closed by the server with 1000, answered with 1000 or no code. */
export const serverCloses: CloseRule = { by: "server", codes: [1000], clean: true }

/** "Fail the WebSocket Connection": a Close with one of these codes, without code, or a bare drop. */
export const clientFails = (...codes: ReadonlyArray<number>): CloseRule => ({ by: "client", codes, clean: false })
