/** What the options ask of the client and of the screen. Pure: a table of tests says what becomes of each. */
import type { ConnectOptions } from "@effect-websocket/client"
import type * as Command from "effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { UsageError } from "./Errors.ts"
import { type flags, maxRedirects } from "./Flags.ts"
import type { Style } from "./Render.ts"

/** As they were parsed. */
export type Asked = Command.Command.Config.Infer<typeof flags>

/** Those that say nothing beside one another. */
export const conflict = (asked: Asked): UsageError | undefined => {
  const pair = conflicts.find((names) => names.every((name) => asked[name]))
  if (pair !== undefined) return new UsageError({ problem: `--${pair[0]} and --${pair[1]} do not go together` })
  if (Option.isSome(asked.ca) && asked.insecure) {
    return new UsageError({ problem: "--ca and --insecure do not go together" })
  }
  return undefined
}

const conflicts = [
  ["raw", "json"],
  ["raw", "full"],
  ["raw", "timings"],
  ["raw", "pings"],
  ["json", "full"]
] as const satisfies ReadonlyArray<readonly [keyof Asked, keyof Asked]>

export const connectOptions = (asked: Asked): Result.Result<ConnectOptions, UsageError> =>
  Result.map(headersOf(asked.headers), (headers) => {
    const { ca, cert, compression, connectTimeout, insecure, key, location, maxMessage, origin, passphrase } = asked
    const path = (name: string, file: Option.Option<string>) =>
      Option.isSome(file) ? { [name]: { path: file.value } } : {}
    return {
      ...headers,
      subprotocols: asked.subprotocols,
      ...(Option.isSome(origin) && { origin: origin.value }),
      proxy: proxyOf(asked.proxy),
      ...(location && { redirects: { limit: maxRedirects } }),
      ...(!compression && { compression: false }),
      tls: {
        ...path("ca", ca),
        ...path("cert", cert),
        ...path("key", key),
        ...(Option.isSome(passphrase) && { passphrase: passphrase.value }),
        ...(insecure && { verify: "none" })
      },
      deadlines: { openTimeout: Duration.seconds(connectTimeout) },
      limits: { maxMessageBytes: maxMessage },
      trace: asked.verbose
    }
  })

/** A URL is redacted, since it may hold a password. */
const proxyOf = (proxy: Redacted.Redacted<string>): NonNullable<ConnectOptions["proxy"]> => {
  const value = Redacted.value(proxy)
  return value === "environment" || value === "none" ? value : proxy
}

/**
 * Parses `Name: value`. A value may be secret, so it stays redacted, and errors show only the name. Host is an option of its own
 * for the client.
 */
const headersOf = (
  lines: ReadonlyArray<Redacted.Redacted<string>>
): Result.Result<Pick<ConnectOptions, "headers" | "host">, UsageError> => {
  const headers: Array<readonly [name: string, value: Redacted.Redacted<string>]> = []
  const names = new Set<string>()
  let host: string | undefined
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*)$/s.exec(Redacted.value(line)) ?? []
    if (name === undefined || value === undefined) {
      return Result.fail(new UsageError({ problem: `A header is written as "Name: value"` }))
    }
    if (names.has(name.toLowerCase()))
      return Result.fail(new UsageError({ problem: `The header ${name} is given twice` }))
    names.add(name.toLowerCase())
    if (name.toLowerCase() === "host") host = value
    else headers.push([name, Redacted.make(value)])
  }
  // As an entry, even `__proto__` is a name like any other.
  return Result.succeed({ headers: Object.fromEntries(headers), ...(host !== undefined && { host }) })
}

export const styleOf = ({ full, json, raw, timings }: Asked, terminal: boolean, colors: boolean): Style => ({
  format: json ? "json" : raw ? "raw" : "shown",
  terminal,
  colors,
  full,
  timings
})
