/** Node's own X.509 parser reads what was made; what a TLS client makes of it is tested with the client. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Certificate } from "@effect-websocket/transport/testing"

describe("Certificate", () => {
  it("signs itself, for names and addresses, from the year 2000 on for ever", () => {
    const { cert, key } = Certificate.make({ names: ["localhost", "127.0.0.1"] })
    const x509 = new X509Certificate(cert)
    assert.strictEqual(x509.subject, "CN=localhost")
    assert.strictEqual(x509.issuer, "CN=localhost")
    assert.strictEqual(x509.subjectAltName, "DNS:localhost, IP Address:127.0.0.1")
    assert.strictEqual(x509.validFrom, "Jan  1 00:00:00 2000 GMT")
    assert.strictEqual(x509.validTo, "Dec 31 23:59:59 9999 GMT")
    assert.isFalse(x509.ca)
    assert.isTrue(x509.verify(x509.publicKey))
    assert.isTrue(x509.checkPrivateKey(createPrivateKey(key)))
  })

  it("is for IPv6 addresses, and for names in any script, as clients look for them", () => {
    const { cert } = Certificate.make({ names: ["An Authority", "*.a.test", "::1", "2001:DB8::2", "bücher.test"] })
    const { subject, subjectAltName } = new X509Certificate(cert)
    assert.strictEqual(subject, "CN=An Authority")
    assert.strictEqual(
      subjectAltName,
      "DNS:An Authority, DNS:*.a.test, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:0:2, DNS:xn--bcher-kva.test"
    )
  })

  it("is signed by an issuer", () => {
    const issuer = Certificate.make({ names: ["Authority"], isAuthority: true })
    const authority = new X509Certificate(issuer.cert)
    const x509 = new X509Certificate(Certificate.make({ names: ["a.test"], issuer }).cert)
    assert.isTrue(authority.ca)
    assert.isTrue(x509.checkIssued(authority))
    assert.isTrue(x509.verify(authority.publicKey))
  })

  it("is valid when it is told to be", () => {
    const turns = ["1949-12-31T23:59:59Z", "1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z"]
    for (const [from, to] of [turns.slice(0, 2), turns.slice(1, 3), turns.slice(2)]) {
      const [validFrom, validTo] = [new Date(from!), new Date(to!)]
      const x509 = new X509Certificate(Certificate.make({ names: ["a.test"], validFrom, validTo }).cert)
      assert.deepStrictEqual([new Date(x509.validFrom), new Date(x509.validTo)], [validFrom, validTo])
    }
  })

  it("has a serial number of its own", () => {
    const serials = [1, 2].map(() => new X509Certificate(Certificate.make({ names: ["a.test"] }).cert).serialNumber)
    assert.notStrictEqual(serials[0], serials[1])
  })

  it("is revoked by a list of its issuer, which may be empty or out of date", () => {
    const issuer = Certificate.make({ names: ["Authority"], isAuthority: true })
    const revoked = [Certificate.make({ names: ["a.test"], issuer })]
    for (const options of [{ issuer }, { issuer, revoked }, { issuer, revoked, validTo: new Date("2001-01-01") }]) {
      const crl = Certificate.makeRevocationList(options)
      assert.match(crl, /^-----BEGIN X509 CRL-----\n/)
      assert.isDefined(createSecureContext({ crl }))
    }
  })
})
