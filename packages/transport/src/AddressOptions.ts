/**
 * Options for the addresses of a host: which are tried, how soon after one another, and from which local address. `Tcp` follows
 * them.
 */
import * as Net from "node:net"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { defaultsOf, Time, withDefault } from "./OptionSchema.ts"

const Family = Schema.Literals([4, 6])

/** RFC 8305 §5 wants 10 ms at least, so that a host with many addresses is not flooded. */
const AttemptDelay = Time.check(
  Schema.makeFilter((delay: Duration.Duration) => Duration.toMillis(delay) >= 10 || "must be 10 milliseconds or longer")
)

/** An IP literal of this machine, IPv6 without brackets. */
const LocalAddress = Schema.String.check(
  Schema.makeFilter((address: string) => Net.isIP(address) !== 0 || "must be an IP address, IPv6 without brackets")
)

const schema = Schema.Struct({
  /** Only addresses of IP version 4 or 6. Default "any". */
  family: Schema.Union([Family, Schema.Literal("any")]).pipe(withDefault("any")),
  /** The IP version that is tried first; the two then take turns. Default: that of the resolver's first address. */
  firstFamily: Schema.optionalKey(Family),
  /**
   * How long one attempt runs alone before the next address is tried in parallel (RFC 8305 §5). Default 250 ms. If it fails,
   * the next follows at once. "sequential": the next follows only then.
   */
  attemptDelay: Schema.Union([AttemptDelay, Schema.Literal("sequential")]).pipe(withDefault(Duration.millis(250))),
  /** How many addresses of one host are tried. Default 32. */
  maxAddresses: Schema.Int.check(Schema.isGreaterThan(0)).pipe(withDefault(32)),
  /** The local address to connect from; only addresses of the same IP version are tried. Default: the system's choice. */
  localAddress: Schema.optionalKey(LocalAddress),
  /**
   * The local port to connect from. Default: any free one. With it, attempts are sequential, since a port serves one at a time.
   */
  localPort: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65535 })))
}).check(
  Schema.makeFilter(
    ({ family, localAddress }: { readonly family: 4 | 6 | "any"; readonly localAddress?: string }) =>
      localAddress === undefined ||
      family === "any" ||
      Net.isIP(localAddress) === family ||
      `localAddress is of IP version ${Net.isIP(localAddress)}, and family ${family} allows none of its kind`
  )
)

/** By this name declarations refer to it; written out, it would lose what is said about each option. */
export interface AddressSchema extends Schema.Struct<typeof schema.fields> {}

/** Which addresses of a host are tried, how soon after one another, and from which local address. */
export const AddressOptions: AddressSchema = schema

/** Make one with `AddressOptions.make({ ... })`. */
export type AddressOptions = typeof AddressOptions.Type

export const defaults: () => AddressOptions = defaultsOf(AddressOptions)
