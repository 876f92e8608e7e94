/**
 * Messages on a bus: signed, so that who can write to the bus alone can end nobody's session.
 *
 * A message says nothing that does not stay true: a session that was destroyed never comes back, and
 * an id that was given up is never used again. So who sends an old message once more achieves nothing.
 * Ids travel covered by a one-time pad (HMAC of a random nonce), since whoever reads the bus need not
 * know them.
 *
 * @module
 */
import { MAX_COOKIE_SIZE, type RingKey, type TokenRing } from '../codec/engine.ts'
import { defaultEngine } from '../codec/select.ts'
import type { KeyedNews } from './contract.ts'

/** The name that messages have for the ring, which looks for cookies. */
const NAME = 'bus'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const NONCE_SIZE = 16

/** A message as it came. */
export interface Received {
  /** Which process sent it. */
  readonly from: string
  readonly news: KeyedNews
}

/** Covers texts with the keys of a bus, and uncovers them. */
class Covers {
  readonly #keys: readonly Uint8Array[]

  constructor(keys: readonly RingKey[]) {
    this.#keys = keys.map(({ key }) => defaultEngine.hmacSha256(key, encoder.encode('cover')))
  }

  cover(text: string): string {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_SIZE))
    const covered = this.#mask(this.#keys[0]!, nonce, encoder.encode(text))
    const joined = new Uint8Array(NONCE_SIZE + covered.length)
    joined.set(nonce)
    joined.set(covered, NONCE_SIZE)
    return defaultEngine.encodeBase64url(joined)
  }

  uncover(text: string, keyIndex: number): string | null {
    const bytes = defaultEngine.decodeBase64url(text)
    const key = this.#keys[keyIndex]
    if (bytes === null || bytes.length < NONCE_SIZE || key === undefined) return null
    const nonce = bytes.slice(0, NONCE_SIZE)
    return decoder.decode(this.#mask(key, nonce, bytes.slice(NONCE_SIZE)))
  }

  /** HMAC in counter mode; a nonce is never used twice. */
  #mask(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
    const masked = new Uint8Array(bytes.length)
    const block = new Uint8Array(NONCE_SIZE + 1)
    block.set(nonce)
    for (let offset = 0; offset < bytes.length; offset += 32) {
      block[NONCE_SIZE] = offset / 32
      const pad = defaultEngine.hmacSha256(key, block)
      for (let i = offset; i < Math.min(offset + 32, bytes.length); i++) {
        masked[i] = bytes[i]! ^ pad[i - offset]!
      }
    }
    return masked
  }
}

/** Writes and reads the messages of one list of keys. */
export class Messages {
  readonly #ring: TokenRing
  readonly #covers: Covers

  constructor(keys: readonly RingKey[]) {
    this.#ring = defaultEngine.createRing(NAME, keys)
    this.#covers = new Covers(keys)
  }

  /** The text of a message. */
  encode({ from, news }: Received): string {
    const { type, key } = news
    const body: unknown[] = [from, type, key]
    if (news.type === 'move') body.push(this.#covers.cover(news.id), news.previousKey)
    if (news.type === 'end') body.push(news.reason)
    if (news.type === 'note') body.push(this.#covers.cover(JSON.stringify(news.note)))
    return this.#ring.signPayload(JSON.stringify(body), 'P')
  }

  /** The message of a text, or `null` if none of ours signed it. */
  decode(text: string): Received | null {
    if (typeof text !== 'string' || text.length > MAX_COOKIE_SIZE) return null
    const opened = this.#ring.open(`${NAME}=${text}`)
    if (typeof opened === 'string' || opened.format !== 'P') return null
    // It verified, so it is of this shape.
    const [from, type, key, detail, previousKey] = JSON.parse(opened.text) as string[]
    const news = { type, key } as unknown as KeyedNews
    if (type === 'end') return { from: from!, news: { ...news, reason: detail } as KeyedNews }
    if (type !== 'move' && type !== 'note') return { from: from!, news }
    const uncovered = this.#covers.uncover(detail!, opened.keyIndex)
    if (uncovered === null) return null
    if (type === 'note') {
      return { from: from!, news: { ...news, note: JSON.parse(uncovered) } as KeyedNews }
    }
    return { from: from!, news: { ...news, id: uncovered, previousKey } as KeyedNews }
  }
}
