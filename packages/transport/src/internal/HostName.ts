/**
 * Host names as TLS needs them: in ASCII (RFC 6066 §3), converted as the platform converts the host of a URL. A text that could
 * be cut short, or mean another name, is not a host name.
 */
import * as Net from "node:net"
import { domainToASCII } from "node:url"

/** The host name or IP literal of a text; undefined if it is neither. */
export const parse = (text: string): string | undefined => {
  // The zone of an address means something only on this machine (RFC 6874 §4).
  if (Net.isIP(text) !== 0) return text.replace(/%.*$/, "")
  if (endsHost.test(text)) return undefined
  const ascii = domainToASCII(text)
  return ascii.length <= maxLength && name.test(ascii) ? ascii : undefined
}

/** Characters at which the platform would end a host, or that it would drop or decode. */
const endsHost = /[\s\p{Cc}#%/:?@[\\\]]/u

const name = /^[\w-]+(?:\.[\w-]+)*\.?$/

/** RFC 1035 §2.3.4, with the final dot. */
const maxLength = 254
