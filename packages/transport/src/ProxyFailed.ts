/** Why a proxy made no tunnel, by name. Each kind of proxy has a file that maps its answers to these. */
import * as Schema from "effect/Schema"
import { escapePeerText } from "./PeerText.ts"

const advice = {
  "bad proxy": "write it as scheme://user:password@host:port",
  "unreadable environment": "the program's ConfigProvider failed, so look for why, or name the proxy by an option",
  "authentication required":
    "it wants credentials, so give them in the proxy's URL, or as a Proxy-Authorization header",
  "credentials refused": "it does not accept these credentials, so check the user and the password in the proxy's URL",
  refused: "it does not let this client reach that host and port, so ask its operator, or look at its log",
  "not allowed": "its rules forbid that host and port, so ask its operator",
  "network unreachable": "it has no route to that network, so check the host, and the proxy's own network",
  "host unreachable": "it could not reach that host or find its address, so check the host's name",
  "connection refused": "nothing listens there, so check that the server is running, and its port",
  "TTL expired": "its packets got lost on the way there, so check the proxy's own network",
  "general failure": "it does not say why, so look at its log",
  "identd unreachable": "it wants to ask an identd on this machine, so run one, or use another proxy",
  "identd mismatch": "the identd on this machine names another user, so give that one in the proxy's URL",
  "command not supported": "it makes no connections for others, so use another proxy",
  "address type not supported":
    "it does not take such an address, so use one that looks names up itself: socks5h or http",
  "malformed answer": "this is no answer of such a proxy, so check the URL's scheme, host and port",
  "answer too big": "its answer has no end in sight, so check that a proxy listens there",
  ended: "it ended the connection before it answered, so check the URL's scheme (https for TLS), and the proxy's log"
} as const

export type ProxyProblem = keyof typeof advice

export const ProxyProblem = Schema.Literals(Object.keys(advice) as Array<ProxyProblem>)

/** A proxy was reached but made no tunnel, or its configuration is unusable. */
export class ProxyFailed extends Schema.TaggedError<ProxyFailed>("@effect-websocket/transport/ProxyFailed")(
  "ProxyFailed",
  {
    /**
     * Without credentials: `http://proxy.test:3128`. Where there is no URL that could be shown: the variable of the environment
     * that should hold one, `given` for one of the program's own, or `of the environment` if that cannot be read.
     */
    proxy: Schema.String,
    /** Its place in the chain; 1 is the nearest. */
    hop: Schema.Int,
    /** Where the tunnel was to end: `example.com:443`. */
    to: Schema.String,
    problem: ProxyProblem,
    /** The status of an HTTP proxy's answer. */
    status: Schema.optionalKey(Schema.Int),
    /** The authentication schemes that an HTTP proxy offers with 407. */
    schemes: Schema.optionalKey(Schema.Array(Schema.String)),
    /** What the proxy said, or what is wrong with its configuration; unescaped. */
    detail: Schema.String
  }
) {
  override get message() {
    const place = this.hop === 1 ? "" : `, number ${this.hop} of the chain,`
    const offers = this.schemes?.length ? ` (it offers ${escapePeerText(this.schemes.join(", "))})` : ""
    const said = this.detail === "" ? "" : `. ${escapePeerText(this.detail)}`
    return `The proxy ${this.proxy}${place} did not connect to ${escapePeerText(this.to)} (${this.problem}): ${advice[this.problem]}${offers}${said}`
  }
}
