/**
 * Messages on a bus: sealed, so that who can use the bus alone neither ends nor learns anything.
 *
 * A message that is sent once more does nothing: a session that was destroyed never comes back, and of a
 * rotation the message only says that the storage should be asked.
 *
 * @module
 */
import type { RingKey, TokenRing } from '../codec/engine.ts'
import { defaultEngine } from '../codec/select.ts'
import type { KeyedNews } from './contract.ts'

/** The name that messages have for the ring, which looks for cookies. */
const NAME = 'bus'

/** A message as it came. */
export interface Received {
  /** Which process sent it. */
  readonly from: string
  readonly news: KeyedNews
}

/** Writes and reads the messages of one list of keys. */
export class Messages {
  readonly #ring: TokenRing

  constructor(keys: readonly RingKey[]) {
    this.#ring = defaultEngine.createRing(NAME, [], { seal: keys })
  }

  /** The text of a message. */
  encode(message: Received): string {
    return this.#ring.sealPayload(JSON.stringify(message), 'S')
  }

  /** The message of a text, or `null` if none of ours sealed it. */
  decode(text: string): Received | null {
    if (typeof text !== 'string') return null
    const opened = this.#ring.open(`${NAME}=${text}`)
    return typeof opened === 'string' ? null : JSON.parse(opened.text)
  }
}
