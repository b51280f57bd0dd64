/**
 * What the environment says about proxies. The decision is pure. The variables come from the `ConfigProvider`, which by default
 * reads those of the process, once for each dial.
 *
 * A variable in lower case takes precedence over the same in upper case. An empty one counts as absent, and a URL without a
 * scheme is an HTTP proxy's, as in other programs.
 *
 * If `REQUEST_METHOD` is set, even to nothing, `HTTP_PROXY` is ignored: in a CGI program, whoever sends the request chooses its
 * value (CVE-2016-5385). An `http_proxy` with the same value is ignored too, since a provider that changes names, such as
 * `ConfigProvider.constantCase`, may have taken it from `HTTP_PROXY`.
 */

import type { ConfigError } from "effect/Config"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NoProxy from "./NoProxy.ts"

export interface Target extends NoProxy.Target {
  /** wss. */
  readonly secure: boolean
}

export interface Choice {
  /** The variable that it comes from, such as `https_proxy`. */
  readonly variable: string
  readonly url: string
}

export type Variables = ReadonlyMap<string, string>

/** The proxy for a target; undefined if it is dialled directly, as loopback always is. */
export const choose = (variables: Variables, target: Target): Choice | undefined => {
  if (NoProxy.isLoopback(target.host)) return undefined
  const exempt = find(variables, ["no_proxy"])
  if (exempt !== undefined && NoProxy.covers(NoProxy.split(exempt.text), target)) return undefined
  const found = find(variables, precedence[target.secure ? "wss" : "ws"])
  if (found === undefined) return undefined
  const { text, variable } = found
  return { variable, url: text.includes("://") ? text : `http://${text}` }
}

/** The variables that `choose` asks for. */
export const read: Effect.Effect<Variables, ConfigError> = Effect.contextWith((context: Context.Context<never>) =>
  // Effect's own default would be the environment as it was when it was first read.
  readFrom(Context.getOrUndefined(context, ConfigProvider.ConfigProvider) ?? ConfigProvider.fromEnv())
)

const readFrom = Effect.fnUntraced(function* (
  provider: ConfigProvider.ConfigProvider
): Effect.fn.Return<Variables, ConfigError> {
  const values = yield* Effect.forEach(names, (name) => Config.option(Config.String(name)).parse(provider))
  const found = names.flatMap((name, i) => Option.toArray(Option.map(values[i]!, (text) => [name, text] as const)))
  const emptyMethod = yield* Effect.mapError(listsMethod(provider), (error) => new Config.ConfigError(error))
  return new Map([...(emptyMethod ? [["REQUEST_METHOD", ""] as const] : []), ...found])
})

/** Whether REQUEST_METHOD is set to nothing: Effect's provider gives no value then, but lists the words of its name. */
const listsMethod = (provider: ConfigProvider.ConfigProvider) =>
  Effect.map(provider.load(["REQUEST"]), (node) => node?._tag === "Record" && node.keys.has("METHOD"))

const find = (variables: Variables, candidates: ReadonlyArray<string>) => {
  for (const variable of candidates.flatMap(bothCases)) {
    const text = variables.get(variable)?.trim()
    if (text && !isOfRequest(variables, variable)) return { variable, text }
  }
  return undefined
}

/** Whether it may be the header `Proxy` of a request to this program. */
const isOfRequest = (variables: Variables, variable: string): boolean =>
  variables.has("REQUEST_METHOD") &&
  variable.toUpperCase() === "HTTP_PROXY" &&
  variables.get(variable) === variables.get("HTTP_PROXY")

const bothCases = (variable: string) => [variable, variable.toUpperCase()]

const precedence = {
  ws: ["ws_proxy", "http_proxy", "all_proxy"],
  wss: ["wss_proxy", "https_proxy", "all_proxy"]
}

const names = [...new Set([...precedence.ws, ...precedence.wss, "no_proxy"].flatMap(bothCases)), "REQUEST_METHOD"]
