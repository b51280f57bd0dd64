/** Every option: its names, its default and what it means, as `wsdump --help` tells them. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { kinds } from "./Input.ts"

/** What holds unless an option says otherwise. */
export const defaults = { connectTimeout: 10, maxMessage: 0x100000, eofWait: 3 } as const

/** How many redirects --location follows. */
export const maxRedirects = 10

/** Not an empty text, as of a variable that is not set, which would be 0. */
const Numeric = Schema.String.check(Schema.isStringFinite()).pipe(Schema.decodeTo(Schema.FiniteFromString))
const Seconds = Numeric.check(Schema.isGreaterThanOrEqualTo(0))
const Some = Numeric.check(Schema.isGreaterThan(0))
const Count = Numeric.check(Schema.isInt(), Schema.isGreaterThan(0))

/** Off unless it is given. */
const toggle = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false), Flag.withoutNegation)

const value = <A>(name: string, schema: Schema.Codec<A, string>, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withSchema(schema), Flag.withMetavar(metavar), Flag.withDescription(description))

/** Pipes as well, such as `<(...)` of a shell: what cannot be read is told where it is read. */
const file = (name: string) => Flag.Path(name, { mustExist: true, typeName: "file" })

export const flags = {
  url: Argument.String("url").pipe(Argument.withDescription("A ws:, wss: or ws+unix: URL")),

  headers: Flag.Redacted("headers").pipe(
    Flag.withAlias("H"),
    Flag.withAlias("header"),
    Flag.withMetavar("NAME: VALUE"),
    Flag.withDescription("A header of the request; may be given again"),
    Flag.atLeast(0)
  ),
  subprotocols: Flag.String("subprotocols").pipe(
    Flag.withAlias("s"),
    Flag.withAlias("subprotocol"),
    Flag.withDescription("A subprotocol to offer; may be given again"),
    Flag.atLeast(0)
  ),
  origin: Flag.String("origin").pipe(
    Flag.withAlias("o"),
    Flag.withDescription("The Origin header. Default: none"),
    Flag.optional
  ),
  proxy: Flag.Redacted("proxy").pipe(
    Flag.withAlias("p"),
    Flag.withMetavar("URL"),
    Flag.withDescription("A proxy's URL, none, or environment (default): from the variables"),
    Flag.withDefault(Redacted.make("environment"))
  ),
  location: toggle(
    "location",
    `Follow up to ${maxRedirects} redirects; headers and --cert stay with the URL's own server`
  ).pipe(Flag.withAlias("L")),
  compression: Flag.Boolean("compression").pipe(
    Flag.withDescription("Offer permessage-deflate (default); --no-compression does not"),
    Flag.withDefault(true)
  ),
  connectTimeout: value(
    "connect-timeout",
    Some,
    "SECONDS",
    `For all up to the handshake. Default: ${defaults.connectTimeout}`
  ).pipe(Flag.withDefault(defaults.connectTimeout)),
  maxMessage: value(
    "max-message",
    Schema.Union([Schema.Literal("unlimited"), Count]),
    "BYTES",
    `The largest message to accept, inflated, or unlimited. Default: ${defaults.maxMessage}`
  ).pipe(Flag.withDefault(defaults.maxMessage)),

  ca: file("ca").pipe(
    Flag.withDescription("Trust these authorities (PEM, or a folder of them) instead of Node's"),
    Flag.optional
  ),
  cert: file("cert").pipe(Flag.withDescription("The client certificate (PEM)"), Flag.optional),
  key: file("key").pipe(
    Flag.withDescription("The private key of --cert (PEM), unless that file holds it"),
    Flag.optional
  ),
  passphrase: Flag.Redacted("passphrase").pipe(
    Flag.withMetavar("string"),
    Flag.withDescription("Decrypts the key. Other users of this machine may see it in the list of processes"),
    Flag.optional
  ),
  insecure: toggle("insecure", "Verify nothing of the server's certificate").pipe(
    Flag.withAlias("n"),
    Flag.withAlias("nocert")
  ),

  text: Flag.String("text").pipe(
    Flag.withAlias("t"),
    Flag.withDescription("Send this text first; may be given again"),
    Flag.atLeast(0)
  ),
  binary: file("binary").pipe(
    Flag.withAlias("b"),
    Flag.withDescription("Then send this file as a binary message; may be given again"),
    Flag.atLeast(0)
  ),
  input: Flag.Literals("input", kinds).pipe(
    Flag.withDescription("How to read a line of the input. hex and base64 are sent as binary. Default: text"),
    Flag.withDefault("text")
  ),

  slash: toggle(
    "slash",
    "Take lines that begin with a slash for commands: /ping [payload], /pong, /close [code [reason]]"
  ),

  eofWait: value(
    "eof-wait",
    Schema.Union([Schema.Literal("forever"), Seconds]),
    "SECONDS",
    `After the end of the input, close when nothing has come for so long, or never: forever. Default: ${defaults.eofWait}`
  ).pipe(Flag.withDefault(defaults.eofWait)),
  count: value("count", Count, "MESSAGES", "Close after so many messages").pipe(Flag.withAlias("c"), Flag.optional),
  timeout: value("timeout", Some, "SECONDS", "Close when the conversation has lasted so long").pipe(Flag.optional),

  raw: toggle("raw", "Print exactly what comes: a text and a line feed, bytes and nothing else").pipe(
    Flag.withAlias("r")
  ),
  json: toggle("json", "Print an object on a line for the opening, each message and the close").pipe(
    Flag.withAlias("j")
  ),
  full: toggle("full", "Show messages whole that are cut for a terminal").pipe(Flag.withAlias("f")),
  timings: toggle("timings", "Say when each came, in seconds since the start"),
  pings: toggle("pings", "Show the server's pings and pongs as well"),
  // As -vv too: in Python's tool one v says less than two.
  verbose: Flag.Boolean("verbose").pipe(
    Flag.withAlias("v"),
    Flag.withDescription("Show the handshake and every frame, on stderr"),
    Flag.withoutNegation,
    Flag.atLeast(0),
    Flag.map((given) => given.length > 0)
  )
}
