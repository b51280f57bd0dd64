/**
 * A tunnel through an HTTP proxy: CONNECT (RFC 9110 §9.3.6), with Basic credentials (RFC 7617) if the proxy's URL has them.
 * They are sent with the first request: the program gave them for this proxy, and chose by the URL's scheme whether TLS
 * protects them.
 *
 * Any 2xx means that the tunnel is open. Everything after its head belongs to the tunnel, whatever its headers say. Of a
 * refusal only the head is read, since the connection is not used again.
 */
import { HttpHead, HttpResponse, needMore, Uri } from "@effect-websocket/core"
import * as Redacted from "effect/Redacted"
import { authorityOf } from "../../Target.ts"
import type { Kind } from "./Kinds.ts"
import type { Credentials, ProxyServer } from "./ProxyServer.ts"
import {
  ask,
  type Endpoint,
  type Established,
  nothing,
  type Reader,
  type Refusal,
  refusal,
  type Tunnel
} from "./Tunnel.ts"

function* connect(to: Endpoint, server: ProxyServer): Tunnel {
  const authority = authorityOf(to)
  if (!Uri.isHostHeader(authority))
    return refusal("address type not supported", `${to.host} is no host that a request can name`)
  const headers = [["Host", authority] as const, ...authorization(server), ...server.headers]
  const request = HttpHead.format(`CONNECT ${authority} HTTP/1.1`, headers)
  const answer = yield* ask(request, response())
  if (answer._tag === "InvalidResponse") return invalid(answer)
  return answered(answer, headers)
}

const authorization = ({ credentials }: ProxyServer): ReadonlyArray<HttpHead.Header> => {
  if (credentials === undefined) return []
  const { password, username } = Redacted.value(credentials)
  return [[authorizationName, `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`]]
}

type Response = HttpResponse.Response | HttpResponse.InvalidResponse

const response = (): Reader<Response> => {
  const reader = HttpResponse.make(HttpHead.defaultLimits)
  return {
    push: (chunk) => {
      const value = reader.push(chunk)
      if (value._tag === "NeedMore") return needMore
      return { value, leftover: value._tag === "Response" ? value.leftover : nothing }
    }
  }
}

const invalid = ({ found, rule }: HttpResponse.InvalidResponse): Refusal => {
  if (rule === "HeadTooLong" || rule === "TooManyHeaders") return refusal("answer too big", HttpResponse.rules[rule][1])
  return refusal("malformed answer", `${HttpResponse.rules[rule][1]}: "${found}"`)
}

const answered = (
  { headers, status, statusText }: HttpResponse.Response,
  sent: HttpHead.Headers
): Refusal | Established => {
  const said = `${status} ${statusText}`.trimEnd()
  if (status >= 200 && status < 300) return { _tag: "Established", outcome: said }
  // Some proxies, such as tinyproxy, answer 401 to wrong credentials.
  if (status !== 407 && status !== 401) return { ...refusal("refused", `It said ${said}`), status }
  const problem = HttpHead.all(sent, authorizationName).length > 0 ? "credentials refused" : "authentication required"
  return { ...refusal(problem, `It said ${said}`), status, schemes: schemesOf(headers) }
}

/** The schemes in Proxy-Authenticate (RFC 9110 §11.6.1): a list of challenges, each of which has a list of parameters. */
const schemesOf = (headers: HttpHead.Headers): ReadonlyArray<string> => {
  const unquoted = HttpHead.all(headers, "proxy-authenticate").map((value) => value.replace(quoted, '""'))
  return unquoted.flatMap((value) => value.split(",")).flatMap((element) => challenge.exec(element)?.[1] ?? [])
}

const problemOf = ({ username, password }: Credentials): string | undefined => {
  // RFC 7617 §2: a colon ends the user's name, and neither holds control characters.
  if (username.includes(":")) return "a user's name in Basic credentials holds no colon"
  return /\p{Cc}/u.test(username + password) ? "credentials hold no control characters" : undefined
}

const authorizationName = "Proxy-Authorization"

const shape = { takes: "names", problemOf, authorization: authorizationName, tunnel: connect } as const

export const kinds = {
  http: { ...shape, defaultPort: 80, isTls: false },
  https: { ...shape, defaultPort: 443, isTls: true }
} satisfies Record<string, Kind>

const quoted = /"(?:[^"\\]|\\.?)*(?:"|$)/g

/** A token that is not followed by "=". */
const challenge = /^[ \t]*([\w!#$%&'*+\-.^`|~]+)(?:$|[ \t]+(?:$|[^= \t]))/
