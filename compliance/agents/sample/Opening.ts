/**
 * The sample client's opening handshake (RFC 6455 §4.1, RFC 7692 §7.1): its request, and whether an answer opens the
 * connection. Written apart from both the casebook and our client.
 */
import { createHash, randomBytes } from "node:crypto"

export interface Agreed {
  readonly compressed: boolean
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly clientMaxWindowBits: number
}

export const nonce = (): string => randomBytes(16).toString("base64")

export const request = ({ host, pathname, search }: URL, key: string): string =>
  [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "\r\n"
  ].join("\r\n")

/** The head of the final answer and what follows it; undefined while more is to come; throws when it is unacceptable. */
export const split = (octets: Buffer): { readonly head: string; readonly rest: Buffer } | undefined => {
  let start = 0
  for (;;) {
    const end = octets.indexOf("\r\n\r\n", start)
    if ((end < 0 ? octets.length : end + 4) > longestHead) throw new Error("head too long")
    if (octets.length > start + 4 && octets.toString("latin1", start, start + 5) !== "HTTP/")
      throw new Error("not HTTP")
    if (end < 0) return undefined
    const head = octets.toString("latin1", start, end)
    start = end + 4
    if (!/^HTTP\/1\.1 1(?!01)\d\d /.test(head)) return { head, rest: octets.subarray(start) }
  }
}

/** What was agreed; throws when the answer must not open the connection. */
export const agree = (head: string, key: string): Agreed => {
  const [statusLine = "", ...lines] = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n")
  const headers = lines.map(header)
  const values = (name: string): ReadonlyArray<string> =>
    headers.filter(([found]) => found === name).map(([, value]) => value)
  const check = (kept: boolean, rule: string): void => {
    if (!kept) throw new Error(rule)
  }
  const [upgrade, accept, extensions] = ["upgrade", "sec-websocket-accept", "sec-websocket-extensions"].map(values)
  const connection = values("connection").flatMap((value) => value.toLowerCase().split(/\s*,\s*/))
  const due = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  check(/^HTTP\/1\.1 101( |$)/.test(statusLine), "status")
  check(headers.length <= 128, "headers")
  check(upgrade!.length === 1 && upgrade![0]!.toLowerCase() === "websocket", "Upgrade")
  check(connection.includes("upgrade"), "Connection")
  check(accept!.length === 1 && accept![0] === due, "Sec-WebSocket-Accept")
  check(values("sec-websocket-protocol").length === 0, "Sec-WebSocket-Protocol")
  check(extensions!.length < 2, "Sec-WebSocket-Extensions")
  return extensions!.length === 0 ? nothing : parameters(extensions![0]!)
}

/** No compression: what a client agrees to that looks at no header. */
export const nothing: Agreed = {
  compressed: false,
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  clientMaxWindowBits: 15
}

const header = (line: string): readonly [name: string, value: string] => {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t -~\x80-\xff]*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error("header")
  return [name.toLowerCase(), value.replace(/[ \t]+$/, "")]
}

const parameters = (answer: string): Agreed => {
  const [name, ...rest] = answer.split(";").map((part) => part.trim())
  if (name !== "permessage-deflate") throw new Error("extension")
  const agreed = new Map<string, string>()
  for (const parameter of rest) {
    const known = /^(?:(\w+_takeover)|(\w+_window_bits)\s*=\s*(?:"([89]|1[0-5])"|([89]|1[0-5])))$/.exec(parameter)
    const key = known?.[1] ?? known?.[2]
    if (known === null || key === undefined || !names.includes(key) || agreed.has(key)) throw new Error("parameter")
    agreed.set(key, known[3] ?? known[4] ?? "")
  }
  return {
    compressed: true,
    serverNoContextTakeover: agreed.has("server_no_context_takeover"),
    clientNoContextTakeover: agreed.has("client_no_context_takeover"),
    clientMaxWindowBits: Number(agreed.get("client_max_window_bits") ?? 15)
  }
}

const names = [
  "server_no_context_takeover",
  "client_no_context_takeover",
  "server_max_window_bits",
  "client_max_window_bits"
]

const longestHead = 0x4000
