/**
 * Names of hosts as TLS has them: in ASCII (RFC 6066 §3), converted as the platform converts the host of a URL. Whatever
 * would end a name early, or stand for another one, is no name.
 */
import * as Net from "node:net"
import { domainToASCII } from "node:url"

/** The name, or the IP literal, that a text stands for; undefined when it is neither. */
export const parse = (text: string): string | undefined => {
  // The zone of an address is only known on this machine (RFC 6874 §4).
  if (Net.isIP(text) !== 0) return text.replace(/%.*$/, "")
  if (endsHost.test(text)) return undefined
  const ascii = domainToASCII(text)
  return ascii.length <= maxLength && name.test(ascii) ? ascii : undefined
}

/** Where the platform would stop to read a host, what it would drop, or decode. */
const endsHost = /[\s\p{Cc}#%/:?@[\\\]]/u

const name = /^[\w-]+(?:\.[\w-]+)*\.?$/

/** RFC 1035 §2.3.4, with the final dot. */
const maxLength = 254
