import { createSecureContext } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Certificate, Pkcs12 } from "@effect-websocket/transport/testing"

describe("Pkcs12", () => {
  const bytes = Pkcs12.make(Certificate.make({ names: ["Client"] }), "open sesame, Ünïcode")
  const open = (passphrase: string) => createSecureContext({ pfx: Buffer.from(bytes), passphrase })

  it("is read by OpenSSL with its passphrase", () => {
    assert.isDefined(open("open sesame, Ünïcode").context)
  })

  it("is not read with another passphrase", () => {
    assert.throws(() => open("open"), /mac verify failure/)
  })
})
