/** AES-256-GCM of `node:crypto`, with a `KeyObject`. Its nonces are drawn 256 at a time. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomFillSync,
} from 'node:crypto'

const NONCE = 12
const TAG = 16

export function nodeCrypto({ cookieName, secret }) {
  const key = createSecretKey(createHash('sha256').update(secret).digest())
  const prefix = `${cookieName}=`
  const nonces = Buffer.alloc(256 * NONCE)
  let left = 0
  const nextNonce = () => {
    if (left === 0) {
      randomFillSync(nonces)
      left = 256
    }
    left--
    return nonces.subarray(left * NONCE, (left + 1) * NONCE)
  }
  return {
    name: 'node:crypto aes-256-gcm',
    seal(text) {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return prefix + Buffer.concat(parts).toString('base64url')
    },
    open(header) {
      if (!header.startsWith(prefix)) return null
      const bytes = Buffer.from(header.slice(prefix.length), 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), {
        authTagLength: TAG,
      })
      decipher.setAuthTag(bytes.subarray(-TAG))
      try {
        return (
          decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8')
        )
      } catch {
        return null
      }
    },
  }
}
