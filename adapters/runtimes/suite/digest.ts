/**
 * A digest of what the codec gives for many inputs: equal on every runtime and engine, or something
 * is wrong.
 *
 * @module
 */
import type { Codec } from 'tuile/codec'

/** A small generator of numbers (mulberry32), the same everywhere. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below
  }
}

const CHARACTERS = 'aZ09-_=;, \t"%\\.éű✓\ud83c\udf6a\ud800\u0000session'

/** The digest of a codec's outputs, 43 characters. */
export function digestOf(codec: Codec, secrets: readonly string[]): string {
  const random = createRandom(20_261_121)
  const bytes = (size: number): Uint8Array =>
    Uint8Array.from({ length: size }, () => Math.floor(random(256)))
  const text = (size: number): string =>
    Array.from({ length: size }, () => CHARACTERS[Math.floor(random(CHARACTERS.length))]).join('')

  const encoder = new TextEncoder()
  const signer = codec.createSigner(secrets, { name: 'session' })
  const sealer = codec.createSealer(secrets, { name: 'session' })
  let chain: Uint8Array = new Uint8Array(32)
  const add = (value: unknown): void => {
    chain = codec.hmacSha256(chain, encoder.encode(JSON.stringify(value)))
  }
  for (let i = 0; i < 400; i++) {
    const message = bytes(i < 300 ? i : Math.floor(random(40_000)))
    add(codec.base64url.encode(codec.sha256(message)))
    add(codec.base64url.encode(codec.hmacSha256(bytes(i), message)))
    const encoded = codec.base64url.encode(message)
    add(encoded)
    add(codec.base64url.decode(encoded)?.length)
    add(codec.base64url.decode(text(Math.floor(random(12)))))
    const token = signer.sign(encoded.slice(0, 600))
    add(token)
    const header = `${text(20)}; session=${token}; ${text(i)}`
    add(signer.verify(header))
    add(Object.entries(codec.parseCookies(header)))
    const place = Math.floor(random(token.length))
    const changed = `${token.slice(0, place)}${text(1)}${token.slice(place + 1)}`
    add(signer.verify(`session=${changed}`))
    add(sealer.open(`session=${sealer.seal(encoded.slice(0, 600))}`))
    add(sealer.open(header))
    add(codec.serializeCookie('name', encoded.slice(0, 20), { path: '/', maxAge: i }))
  }
  return codec.base64url.encode(chain)
}
