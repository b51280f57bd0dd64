/**
 * Credentials in a URL, `ws://user:password@host/`, become Basic authentication (RFC 7617), so that no program wrongly believes
 * that it is authenticated.
 */

import * as Base64 from "effect/encoding/Base64"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Percent from "./Percent.ts"

/**
 * The value of the Authorization header, or undefined if the URL has no credentials. Fails if they cannot be sent. They are
 * percent-decoded as UTF-8.
 */
export const authorizationOf = ({ password, username }: URL): Result.Result<Redacted.Redacted | undefined, string> => {
  if (username === "" && password === "") return Result.succeed(undefined)
  const user = Percent.decode(username)
  const pass = Percent.decode(password)
  if (user === undefined || pass === undefined) return Result.fail("its credentials are not percent-encoded UTF-8")
  // RFC 7617 §2: the first colon ends the user's name.
  if (user.includes(":")) return Result.fail("the user's name holds a colon, which Basic authentication cannot carry")
  if (/\p{Cc}/u.test(user + pass)) return Result.fail("its credentials hold a control character")
  return Result.succeed(Redacted.make(`Basic ${Base64.encode(`${user}:${pass}`)}`))
}
