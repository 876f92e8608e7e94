/**
 * Aliases: what a storage sees instead of a key. Without the secret nobody can tell which alias is
 * whose; with it, an alias gives its key back, which the index of owners needs.
 *
 * A key is 43 characters of 64, and so is an alias: a Feistel network over the two halves of the text,
 * whose rounds are HMAC-SHA256. Four rounds make a strong pseudorandom permutation of it (Luby and
 * Rackoff, 1988).
 *
 * @module
 */
import { toBase64 } from './base64.ts'

/** What makes aliases. */
export interface Aliases {
  /** The alias of a key. */
  aliasOf(key: string): Promise<string>
  /** The key of an alias. */
  keyOf(alias: string): Promise<string>
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const KEY = /^[\w-]{43}$/
const HALF = 21
const ROUNDS = [0, 1, 2, 3]

/** 12 bytes, as a nonce has. No random nonce is ever expected to be this one: they are 96 bits. */
const LABEL = 'tuile/alias/'

const encoder = new TextEncoder()
const digitsOf = (text: string): number[] => [...text].map((letter) => ALPHABET.indexOf(letter))
const textOf = (digits: readonly number[]): string =>
  digits.map((digit) => ALPHABET[digit]).join('')

/** The key of the rounds: what AES-GCM's key stream is at a nonce of its own. */
async function deriveSecret(aesKey: CryptoKey): Promise<CryptoKey> {
  const parameters = { name: 'AES-GCM', iv: encoder.encode(LABEL) }
  const stream = await crypto.subtle.encrypt(parameters, aesKey, new Uint8Array(32))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', stream.slice(0, 32), algorithm, false, ['sign'])
}

/** Makes the aliases of an AES key. */
export async function createAliases(aesKey: CryptoKey): Promise<Aliases> {
  const secret = await deriveSecret(aesKey)
  const hmac = async (message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.sign('HMAC', secret, message))

  /** `digits` moved by what `round` makes of `other`: forth with a sign of 1, back with -1. */
  const shift = async (
    digits: readonly number[],
    other: readonly number[],
    round: number,
    sign: 1 | -1
  ): Promise<number[]> => {
    const mask = await hmac(Uint8Array.of(round, ...other))
    return digits.map((digit, index) => (digit + sign * mask[index]!) & 63)
  }

  return {
    async aliasOf(key) {
      // No key of the manager; whatever it is, it gets a name that is like all others.
      if (!KEY.test(key)) {
        const digest = await hmac(encoder.encode(`\xff${key}`))
        return toBase64(digest).replaceAll('+', '-').replaceAll('/', '_').slice(0, 43)
      }
      let [left, right] = [digitsOf(key.slice(0, HALF)), digitsOf(key.slice(HALF))]
      for (const round of ROUNDS) [left, right] = [right, await shift(left, right, round, 1)]
      return textOf([...left, ...right])
    },

    async keyOf(alias) {
      let [left, right] = [digitsOf(alias.slice(0, HALF)), digitsOf(alias.slice(HALF))]
      for (const round of ROUNDS.toReversed()) {
        ;[left, right] = [await shift(right, left, round, -1), left]
      }
      return textOf([...left, ...right])
    },
  }
}
