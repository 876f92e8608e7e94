/** `id.signature` in a cookie that the package `cookie` parses: what several contenders share. */
import { parseCookie, stringifyCookie } from 'cookie'

/**
 * The id and the signature of the cookie; `null` if it is not there or has no signature.
 *
 * @param {string} header
 * @param {string} cookieName
 */
export function readSigned(header, cookieName) {
  const value = parseCookie(header)[cookieName]
  const dot = value === undefined ? -1 : value.lastIndexOf('.')
  return dot === -1 ? null : { id: value.slice(0, dot), signature: value.slice(dot + 1) }
}

/**
 * The cookie of an id and the bytes of its MAC, as `name=value`.
 *
 * @param {string} cookieName
 * @param {string} id
 * @param {Uint8Array} mac
 */
export function writeSigned(cookieName, id, mac) {
  return stringifyCookie({ [cookieName]: `${id}.${Buffer.from(mac).toString('base64url')}` })
}
