/** `text.signature` in a cookie that the package `cookie` parses: what a MAC by hand needs around it. */
import { parseCookie, stringifyCookie } from 'cookie'

/** Compares in plain JavaScript, in a time that does not depend on where the two differ. */
export function isEqual(left, right) {
  let difference = left.length ^ right.length
  for (let i = 0; i < right.length; i++) difference |= left[i] ^ right[i]
  return difference === 0
}

/**
 * The text and the signature's bytes of the cookie; `null` if it is not there or has no signature.
 *
 * @param {string} header
 * @param {string} cookieName
 */
export function readSigned(header, cookieName) {
  const value = parseCookie(header)[cookieName]
  const dot = value === undefined ? -1 : value.lastIndexOf('.')
  if (dot === -1) return null
  return { text: value.slice(0, dot), signature: Buffer.from(value.slice(dot + 1), 'base64url') }
}

/**
 * The cookie of a text and the bytes of its MAC, as `name=value`.
 *
 * @param {string} cookieName
 * @param {string} text
 * @param {Uint8Array} mac
 */
export function writeSigned(cookieName, text, mac) {
  return stringifyCookie({ [cookieName]: `${text}.${Buffer.from(mac).toString('base64url')}` })
}

/**
 * A signer from a synchronous HMAC.
 *
 * @param {string} name
 * @param {{ cookieName: string, secrets: string[] }} options
 * @param {(secret: string) => (text: string) => Uint8Array} prepare Does once what one key needs;
 * gives what makes the MAC of a text.
 * @param {(left: Uint8Array, right: Uint8Array) => boolean} compare
 * @returns {import('./index.js').Signer}
 */
export function createSigner(name, { cookieName, secrets }, prepare, compare = isEqual) {
  const macs = secrets.map(prepare)
  return {
    name,
    rotates: true,
    sign: (text) => writeSigned(cookieName, text, macs[0](text)),
    verify(header) {
      const signed = readSigned(header, cookieName)
      if (signed === null) return null
      for (const macOf of macs) {
        if (compare(signed.signature, macOf(signed.text))) return signed.text
      }
      return null
    },
  }
}
