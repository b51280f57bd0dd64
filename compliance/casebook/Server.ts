/**
 * The fuzzing server: cases over TCP, and Autobahn's control paths over WebSocket.
 *
 *     /getCaseCount                       how many cases there are
 *     /getCaseInfo?case=N                 { id, description }
 *     /runCase?case=N&agent=A             plays the case; N counts from 1, or is an id such as 6.4.1
 *     /getCaseStatus?case=N&agent=A       { behavior, behaviorClose } of the last run
 *     /updateReports?agent=A              writes the reports
 *
 * `casetuple=` is taken in place of `case=`. What a case does is the session's business.
 */
import { type AddressInfo, createServer, type Socket } from "node:net"
import { type Case, event, type Request, serverCloses } from "./Case.ts"
import * as Frame from "./Frame.ts"
import * as OpeningRequest from "./OpeningRequest.ts"
import type { Result } from "./Result.ts"
import { play } from "./Session.ts"
import { judge } from "./Verdict.ts"
import { Wire } from "./Wire.ts"

export interface Options {
  readonly cases: ReadonlyArray<Case>
  /** Messages per case in sections 12 and 13. */
  readonly messages: number
  /** 0 is any free port. */
  readonly port: number
  readonly host?: string
  readonly onResult?: (result: Result) => void
  readonly onUpdateReports?: (agent: string) => Promise<unknown>
}

export interface CasebookServer {
  readonly url: string
  readonly close: () => Promise<void>
}

export const listen = async (options: Options): Promise<CasebookServer> => {
  const results = new Map<string, Result>()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    void serve(socket, options, results)
  })
  const host = options.host ?? "127.0.0.1"
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(options.port, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://${host}:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    }
  }
}

const serve = async (socket: Socket, options: Options, results: Map<string, Result>): Promise<void> => {
  const wire = new Wire(socket)
  const request = await readRequest(socket)
  if (request === undefined) return wire.reset()
  for (const line of request.head.split("\r\n")) wire.log("<", line)
  const target = new URL(request.requestLine.split(" ")[1] ?? "/", "ws://casebook")
  const subject = find(options.cases, target.searchParams)
  const agent = target.searchParams.get("agent") ?? "unnamed"
  if (target.pathname === "/runCase" && subject !== undefined) {
    const result = await run(subject, agent, wire, request, options.messages)
    results.set(`${agent} ${subject.id}`, result)
    options.onResult?.(result)
    return
  }
  const answer = await control(target.pathname, subject, agent, options, results)
  if (answer === undefined) return refuse(wire)
  await play(speech(answer), wire, request, 0)
}

const run = async (subject: Case, agent: string, wire: Wire, request: Request, messages: number): Promise<Result> => {
  const start = performance.now()
  const complaints = OpeningRequest.complaints(request)
  if (complaints.length > 0) {
    wire.log("-", `not an opening request: ${complaints.join("; ")}`)
    refuse(wire)
  }
  const outcome = await play(subject, wire, request, messages)
  return {
    id: subject.id,
    agent,
    does: subject.does,
    expects: subject.expects,
    ...judge(subject, { ...outcome, opened: complaints.length === 0 }),
    duration: Math.round(performance.now() - start),
    remoteCloseCode: outcome.remoteCloseCode ?? null,
    log: wire.lines
  }
}

/** The text that answers a control path; undefined for a path that is none. */
const control = async (
  path: string,
  subject: Case | undefined,
  agent: string,
  options: Options,
  results: Map<string, Result>
): Promise<string | undefined> => {
  if (path === "/getCaseCount") return `${options.cases.length}`
  if (path === "/updateReports") {
    await options.onUpdateReports?.(agent)
    return ""
  }
  if (subject === undefined) return undefined
  if (path === "/getCaseInfo") return JSON.stringify({ id: subject.id, description: subject.does })
  if (path !== "/getCaseStatus") return undefined
  const result = results.get(`${agent} ${subject.id}`)
  return JSON.stringify({ behavior: result?.behavior ?? "MISSING", behaviorClose: result?.behaviorClose ?? "MISSING" })
}

/** One text (none when it is empty) and a Close: how control paths answer. */
const speech = (text: string): Case => ({
  id: "control",
  does: "says one text and closes",
  expects: "",
  steps: [{ close: Frame.concat(text === "" ? Buffer.alloc(0) : Frame.frame(0x81, text), Frame.close(1000)) }],
  expected: { OK: [event("gone")] },
  close: serverCloses,
  timer: { close: 1 }
})

const find = (cases: ReadonlyArray<Case>, parameters: URLSearchParams): Case | undefined => {
  const name = parameters.get("case") ?? parameters.get("casetuple")
  if (name === null) return undefined
  return /^\d+$/.test(name) ? cases[Number(name) - 1] : cases.find(({ id }) => id === name)
}

/** The opening request; undefined when it is too long, or the client leaves first. */
const readRequest = async (socket: Socket): Promise<Request | undefined> => {
  let octets = Buffer.alloc(0)
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      octets = Buffer.concat([octets, chunk as Buffer])
      const head = OpeningRequest.read(octets)
      if (head !== undefined) {
        if (head.rest.length > 0) socket.unshift(head.rest)
        return head.request
      }
      if (octets.length > longestRequest) return undefined
    }
  } catch {
    // A reset before the request was complete: nobody is left to answer.
  }
  return undefined
}

const refuse = (wire: Wire): void => {
  void wire.write(Buffer.from("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
  wire.end()
}

const longestRequest = 0x4000
