/**
 * Looks up the addresses of a host name: with the system's resolver, unless a program or a test provides another one.
 *
 * What happens with the addresses is up to `Tcp`.
 */
import * as Dns from "node:dns"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HostName from "./internal/HostName.ts"
import { lookupReason } from "./internal/NodeError.ts"
import type { HostNotFound } from "./TransportError.ts"

/** Looks up the addresses of a host name. */
export interface Resolver {
  /**
   * The addresses of a host, in order of preference, IPv6 without brackets; only of one IP version if `family` is not "any".
   * Never called for an IP literal.
   */
  readonly lookup: (host: string, family: 4 | 6 | "any") => Effect.Effect<ReadonlyArray<string>, HostNotFound>
}

/** The resolver in use. Default: `system`. Replace it with `Effect.provideService` or a layer. */
export const Resolver: Context.Reference<Resolver> = Context.Reference("@effect-websocket/transport/Resolver", {
  defaultValue: (): Resolver => system
})

/**
 * The operating system's resolver: its hosts file, its name servers, its order (RFC 6724). An interrupted lookup is not waited
 * for, though the system may continue it.
 */
export const system: Resolver = {
  lookup: (host, family) =>
    Effect.callback((resume) => {
      const fail = (error: unknown) => resume(Effect.fail(lookupReason(host, family, error)))
      try {
        Dns.lookup(host, { all: true, order: "verbatim", family: family === "any" ? 0 : family }, (error, found) => {
          if (error === null) resume(Effect.succeed(found.map(({ address }) => address)))
          else fail(error)
        })
      } catch (error) {
        // The resolver throws for names that it cannot pass on, such as one with a NUL.
        fail(error)
      }
    })
}

/**
 * Your own hosts file: these names, in any case and script, have these addresses, or none; all others go to the resolver in
 * use.
 */
export const layerHosts = (hosts: Record<string, ReadonlyArray<string>>): Layer.Layer<never> => {
  const known = new Map(Object.entries(hosts).map(([name, addresses]) => [keyOf(name), addresses]))
  return Layer.effect(
    Resolver,
    Effect.map(
      Resolver,
      (others): Resolver => ({
        lookup: (host, family) => {
          const addresses = known.get(keyOf(host))
          return addresses === undefined ? others.lookup(host, family) : Effect.succeed(addresses)
        }
      })
    )
  )
}

/** The name as it would be in a URL. */
const keyOf = (name: string): string => HostName.parse(name) ?? name
