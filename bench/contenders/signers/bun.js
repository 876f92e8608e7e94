/** Bun's own: `Bun.CookieMap` and `Bun.CryptoHasher` with a key. */
import { timingSafeEqual } from 'node:crypto'

const { Bun } = globalThis

/** A signer of `CookieMap`, and of an HMAC that `createMac` makes for a secret. */
function create(name, { cookieName, secrets }, createMac) {
  const macs = secrets.map(createMac)
  return {
    name,
    rotates: true,
    sign: (text) => `${cookieName}=${text}.${macs[0](text).toString('base64url')}`,
    verify(header) {
      const value = new Bun.CookieMap(header).get(cookieName)
      const dot = value === null ? -1 : value.lastIndexOf('.')
      if (dot === -1) return null
      const text = value.slice(0, dot)
      const given = Buffer.from(value.slice(dot + 1), 'base64url')
      for (const macOf of macs) {
        const right = macOf(text)
        if (given.length === right.length && timingSafeEqual(given, right)) return text
      }
      return null
    },
  }
}

/** A new keyed hasher for each text. */
export function cryptoHasher(options) {
  if (!Bun) return 'Bun only'
  const createMac = (secret) => (text) =>
    new Bun.CryptoHasher('sha256', secret).update(text).digest()
  return create('Bun.CookieMap + CryptoHasher', options, createMac)
}

/** A copy of one keyed hasher for each text. */
export function cryptoHasherCopy(options) {
  if (!Bun) return 'Bun only'
  const createMac = (secret) => {
    const keyed = new Bun.CryptoHasher('sha256', secret)
    return (text) => keyed.copy().update(text).digest()
  }
  return create('Bun.CookieMap + CryptoHasher.copy', options, createMac)
}
