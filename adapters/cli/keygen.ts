/**
 * `tuile keygen`: a new secret.
 *
 * @module
 */
import { base64url } from '../../bindings/codec.ts'
import { type Command, UsageError } from './command.ts'

/** Bytes of a secret: what HMAC-SHA256 can use (RFC 2104 §3). */
const SECRET_SIZE = 32

/** The command. */
export const keygen: Command = {
  help: 'Usage: tuile keygen\n\nPrints a new secret: 32 random bytes, as 43 characters of base64url.',
  async run(words) {
    if (words.length > 0) throw new UsageError('keygen takes no words')
    return {
      output: base64url.encode(crypto.getRandomValues(new Uint8Array(SECRET_SIZE))),
      code: 0,
    }
  },
}
