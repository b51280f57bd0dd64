import { assert, describe, it } from "@effect/vitest"
import * as Base64 from "../src/Base64.ts"

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

describe("encode", () => {
  // RFC 4648 §10, and the nonce of RFC 6455 §1.3
  const vectors: Record<string, string> = {
    "": "",
    f: "Zg==",
    fo: "Zm8=",
    foo: "Zm9v",
    foob: "Zm9vYg==",
    fooba: "Zm9vYmE=",
    foobar: "Zm9vYmFy",
    "the sample nonce": "dGhlIHNhbXBsZSBub25jZQ=="
  }
  for (const [text, expected] of Object.entries(vectors)) {
    it(`"${text}" (RFC 4648 §10)`, () => {
      assert.strictEqual(Base64.encode(ascii(text)), expected)
      assert.strictEqual(Base64.decodedLength(expected), text.length)
    })
  }

  it("every byte at every place, as the platform writes it", () => {
    for (let length = 0; length <= 4; length++) {
      for (let byte = 0; byte <= 0xff; byte++) {
        const bytes = new Uint8Array(length).fill(byte)
        assert.strictEqual(Base64.encode(bytes), Buffer.from(bytes).toString("base64"))
      }
    }
  })
})

describe("decodedLength", () => {
  const illegal: ReadonlyArray<readonly [clause: string, text: string]> = [
    ["§3.2: the padding is not optional", "Zg"],
    ["§3.2: too little padding", "Zg="],
    ["§4: too much padding", "Z==="],
    ["§4: nothing but padding", "===="],
    ["§4: padding in the middle", "Zg==Zg=="],
    ["§3.3: a character outside the alphabet", "Zm 9"],
    ["§3.3: the alphabet of URLs", "Zm-_"],
    ["§3.3: a line feed behind the text", "Zg==\n"],
    ["§3.5: four unused bits that are not zero", "Zh=="],
    ["§3.5: two unused bits that are not zero", "Zm9="]
  ]
  for (const [clause, text] of illegal) {
    it(`RFC 4648 ${clause}`, () => assert.isUndefined(Base64.decodedLength(text)))
  }
})
