/**
 * The arms: which peers there are, how each is started, and what it cannot do. A peer with a file in `../peers` is run by
 * `../arm.ts`; the Python ones have their own script, which takes the same task and answers with the same line.
 */
import { spawnSync } from "node:child_process"
import http from "node:http"
import { createRequire } from "node:module"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { Kind, Workload } from "./Workloads.ts"

export interface Arm {
  readonly name: string
  /** The file in `../peers`. */
  readonly peer: string
  /** The command in front of the task. */
  readonly command: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Why it takes no part in a workload; undefined: it does. */
  readonly lacks: (workload: Workload) => string | undefined
  /** Measured by default, only with `--all` and where installed, or only when it is named. */
  readonly part: "always" | "full" | "all" | "named"
}

/** What every ratio is taken against. */
export const BASELINE = "ws"
/** Drains and writes the same bytes. */
export const FLOOR = "raw"
/** The one that has targets. */
export const OURS = "ours"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

const node = [process.execPath, "--expose-gc", path("../arm.ts")]
const certificate = path("../server/certificate.pem")

const everything = () => undefined

/** Where it counts what each connection costs, and not each byte. */
const holdsConnections: ReadonlySet<Kind> = new Set(["connect", "idle", "crowd"])

/** A runtime's own WebSocket is not imported. Undici inflates, but does not compress what it sends; Deno offers neither. */
const runtimeOwn =
  (compression: "both ways" | "receives" | "none") =>
  ({ kind, deflate }: Workload): string | undefined => {
    if (kind === "import") return "is part of its runtime"
    if (deflate !== true || compression === "both ways") return undefined
    if (compression === "none") return "does not compress"
    return kind === "send" ? "does not compress what it sends" : undefined
  }

/** Blocking clients: one loop that receives or sends. Only `websockets` compresses. */
const python =
  (compresses: boolean) =>
  ({ kind, deflate, mode, outstanding }: Workload): string | undefined => {
    if (deflate === true && !compresses) return "does not compress"
    const loop = kind === "receive" || (kind === "send" && mode === "awaited") || (kind === "echo" && outstanding === 1)
    return loop ? undefined : "is measured on plain receive, send and echo only"
  }

export const arms: ReadonlyArray<Arm> = [
  {
    name: "ours",
    peer: "ours",
    command: node,
    lacks: everything,
    part: "always"
  },
  { name: "ws", peer: "ws", command: node, lacks: everything, part: "always" },
  {
    name: "ws-js",
    peer: "ws",
    command: node,
    env: { WS_NO_BUFFER_UTIL: "1", WS_NO_UTF_8_VALIDATE: "1" },
    lacks: ({ kind }) => (kind === "import" ? "is the same as ws" : undefined),
    part: "full"
  },
  {
    name: "undici",
    peer: "native",
    command: node,
    env: { NODE_EXTRA_CA_CERTS: certificate },
    lacks: runtimeOwn("receives"),
    part: "full"
  },
  { name: "effect", peer: "effectSocket", command: node, lacks: everything, part: "full" },
  { name: "raw", peer: "raw", command: node, lacks: everything, part: "always" },
  {
    name: "stream",
    peer: "stream",
    command: node,
    lacks: ({ kind }) => (holdsConnections.has(kind) ? undefined : "moves bytes as raw does"),
    part: "named"
  },
  {
    name: "bun",
    peer: "native",
    command: ["bun", path("../arm.ts")],
    lacks: runtimeOwn("both ways"),
    part: "all"
  },
  {
    name: "deno",
    peer: "native",
    command: [
      "deno",
      "run",
      "--allow-all",
      "--quiet",
      "--v8-flags=--expose-gc",
      `--cert=${certificate}`,
      path("../arm.ts")
    ],
    lacks: runtimeOwn("none"),
    part: "all"
  },
  {
    name: "websockets",
    peer: "",
    command: ["python3", "-B", path("../peers/python/arm.py"), "websockets"],
    lacks: python(true),
    part: "all"
  },
  {
    name: "websocket-client",
    peer: "",
    command: ["python3", "-B", path("../peers/python/arm.py"), "websocket-client"],
    lacks: python(false),
    part: "all"
  }
]

/** Whether the arm's runtime and library are there; the reason when not. */
export const missing = ({ command, name, part }: Arm): string | undefined => {
  if (part !== "all") return undefined
  const [program = "", ...args] = command
  const probe = program === "python3" ? [...args, "--probe"] : ["--version"]
  const { status, error } = spawnSync(program, probe, { encoding: "utf8" })
  return status === 0 ? undefined : `${name} is not installed${error === undefined ? "" : ` (${error.message})`}`
}

/** Of the program that an arm runs in, where that is not this Node: by the arm's name. */
export const versions = (arms: ReadonlyArray<Arm>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    arms.flatMap(({ command: [program = ""], name }) => {
      if (program === process.execPath) return []
      const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" })
      return [[name, /\d+(\.\d+)+/.exec(stdout)?.[0] ?? "of no version"]]
    })
  )

/** Whether `ws` finds the native add-on that it is measured with; on Node 26.12 and later it no longer wants one. */
export const nativeAddOn = (): string | undefined => {
  if ("websocketMask" in http) return undefined
  try {
    createRequire(createRequire(import.meta.url).resolve("ws")).resolve("bufferutil")
    return undefined
  } catch {
    return "ws with its native add-on (bufferutil is not installed, so ws is the same as ws-js)"
  }
}
