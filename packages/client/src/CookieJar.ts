/**
 * Cookies (RFC 6265) that servers set, kept for the requests they are meant for. A jar is given to connections as an option;
 * there is no jar for the whole process.
 *
 * Domain, path and expiry are handled by `effect/http` Cookies. This file adds the limits of a jar, and what a plain connection
 * may set beside a secure one (RFC 6265bis §5.7). There is no list of public suffixes: `shop.co.uk` can set a cookie for all of
 * `co.uk`, so do not share a jar between servers that must not see each other's cookies.
 */
import { HttpHead } from "@effect-websocket/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Redacted from "effect/Redacted"

/** The cookies that servers set, for the option `cookies` of every connection that shares them. */
export interface CookieJar {
  /** The Cookie header for a request to this URL; undefined if no cookie is meant for it. */
  readonly header: (url: string | URL) => Effect.Effect<Redacted.Redacted | undefined>
  /** Stores the cookies of the Set-Cookie headers in an answer from this URL. A malformed or forbidden one is ignored. */
  readonly store: (url: string | URL, setCookie: Iterable<string>) => Effect.Effect<void>
  /** Forgets all cookies. */
  readonly clear: Effect.Effect<void>
}

/** Makes an empty jar. Give it to one client, or deliberately to several. */
export const make: Effect.Effect<CookieJar> = Effect.sync(() => {
  let jar: ReadonlyArray<Cookies.Cookie> = []
  return {
    header: (url) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const header = Cookies.toRequestCookieHeader(jar, asHttp(url), now)
        return header === undefined ? undefined : Redacted.make(header)
      }),
    store: (url, setCookie) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        // One by one, since one answer may set two cookies with the same name for two paths.
        for (const header of setCookie) jar = bounded(add(unexpired(jar, now), asHttp(url), header, now))
      }),
    clear: Effect.sync(() => {
      jar = []
    })
  }
})

const add = (jar: ReadonlyArray<Cookies.Cookie>, url: string, header: string, now: number) => {
  if (header.length > maxCookieBytes || nameless.test(header) || !URL.canParse(url)) return jar
  const from = new URL(url)
  const ofHost = header.replace(domainAttribute, (attribute, domain) =>
    isOwnAddress(domain, from.hostname) ? "" : attribute
  )
  const dated = ofHost.replace(expiresAttribute, (_, name, date) => (time.test(date) ? `${name}${date} GMT` : ""))
  const parsed = Cookies.fromSetCookie(dated.replace(manySeconds, `$1${maxAge}`))
  const allowed = Object.values(parsed.cookies).every((cookie) => isAllowed(jar, from, cookie))
  return allowed ? Cookies.mergeIntoArray(jar, url, parsed, now) : jar
}

const isAllowed = (
  jar: ReadonlyArray<Cookies.Cookie>,
  { hostname, protocol }: URL,
  { name, options = {}, valueEncoded }: Cookies.Cookie
) => {
  if (!HttpHead.isFieldValue(valueEncoded)) return false
  const isSecure = protocol === "https:"
  if (options.secure && !isSecure) return false
  if (/^__secure-/i.test(name) && !options.secure) return false
  if (/^__host-/i.test(name) && !(options.secure && options.path === "/" && options.domain === undefined)) return false
  // RFC 6265bis §5.7: an attacker on a plain connection can neither replace a secure cookie, nor take precedence over it.
  const domain = (options.domain ?? hostname).toLowerCase()
  return isSecure || !jar.some((held) => held.name === name && held.options?.secure && meets(held, domain))
}

/** Whether some host gets both: one domain is the other, or above it. */
const meets = ({ options }: Cookies.Cookie, domain: string): boolean => {
  const held = options?.domain ?? ""
  return held === domain || domain.endsWith(`.${held}`) || held.endsWith(`.${domain}`)
}

/** Whether the domain is the host's own IP address, which has nothing below it, so it counts as none (RFC 6265 §5.1.3). */
const isOwnAddress = (domain: string, hostname: string): boolean =>
  domain.trim() === hostname && /^\[|\.\d+$/.test(hostname)

/** A header that begins with its attributes, so it has no cookie. */
const nameless = /^\s*;/

const domainAttribute = /;\s*domain\s*=([^;]*)/gi

/**
 * Checked here, since `Date` also reads 0 or -1, which some servers send to mean no date. A cookie's date has a time, which is
 * in GMT, whatever zone it names (RFC 6265 §5.1.1).
 */
const expiresAttribute = /(;\s*expires\s*=)([^;]*)/gi
const time = /\d:\d\d/

const unexpired = (jar: ReadonlyArray<Cookies.Cookie>, now: number): ReadonlyArray<Cookies.Cookie> =>
  jar.filter(({ options }) => options?.expires === undefined || options.expires.getTime() > now)

/** Drops one cookie if there are too many. */
const bounded = (jar: ReadonlyArray<Cookies.Cookie>): ReadonlyArray<Cookies.Cookie> => {
  const domain = jar.at(-1)?.options?.domain
  const siblings = jar.filter(({ options }) => options?.domain === domain)
  const surplus = siblings.length > maxPerDomain ? first(siblings) : jar.length > maxCookies ? first(jar) : undefined
  return surplus === undefined ? jar : jar.filter((cookie) => cookie !== surplus)
}

/**
 * The cookie to drop: the oldest that is not Secure, if there is one. Otherwise an attacker on a plain connection could crowd
 * out secure cookies, and then replace them (RFC 6265bis §5.7).
 */
const first = (cookies: ReadonlyArray<Cookies.Cookie>) =>
  cookies.find(({ options }) => options?.secure !== true) ?? cookies[0]

/** Cookies know only http and https. ws counts as http, and wss as https (RFC 6455 §4.1, requirement 12). */
const asHttp = (url: string | URL): string => String(url).replace(/^ws(s?:)/i, "http$1")

/** Of one cookie, name, value and attributes together: what RFC 6265 §6.1 asks for at least. */
export const maxCookieBytes = 4096
/** The same for the cookies of one domain. */
export const maxPerDomain = 50
/** Ten servers with as many as one may have, and more than any client needs. */
export const maxCookies = 500

/** The longest life of a cookie, in seconds: 400 days (RFC 6265bis §5.5). A much longer one would be beyond all dates. */
const maxAge = 34_560_000
const manySeconds = /(;\s*max-age\s*=\s*)\d{9,}/i
