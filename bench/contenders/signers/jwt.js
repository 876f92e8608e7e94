/** `cookie` and JSON Web Tokens (HS256): an id is the claim `sub`, a record is all claims. */
import { parseCookie } from 'cookie'
import { createSigner, createVerifier } from 'fast-jwt'
import { jwtVerify, SignJWT } from 'jose'

/** jose, with a key that is imported once. */
export async function jose({ cookieName, secrets: [secret] }) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = new TextEncoder().encode(secret)
  const usages = ['sign', 'verify']
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, usages)
  const options = { algorithms: ['HS256'] }

  const signRecord = async (claims) =>
    `${cookieName}=${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key)}`
  const verifyRecord = async (header) => {
    const token = parseCookie(header)[cookieName]
    if (token === undefined) return null
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch {
      return null
    }
  }
  return {
    name: 'cookie + jose',
    isAsync: true,
    sign: (id) => signRecord({ sub: id }),
    verify: async (header) => (await verifyRecord(header))?.sub ?? null,
    signRecord,
    verifyRecord,
  }
}

function createFastJwt(name, { cookieName, secrets: [secret] }, cache) {
  const sign = createSigner({ key: secret, noTimestamp: true })
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache })

  const signRecord = (claims) => `${cookieName}=${sign(claims)}`
  const verifyRecord = (header) => {
    const token = parseCookie(header)[cookieName]
    if (token === undefined) return null
    try {
      return verify(token)
    } catch {
      return null
    }
  }
  return {
    name,
    sign: (id) => signRecord({ sub: id }),
    verify: (header) => verifyRecord(header)?.sub ?? null,
    signRecord,
    verifyRecord,
  }
}

/** fast-jwt, without its cache of verified tokens. */
export const fastJwt = (options) => createFastJwt('cookie + fast-jwt', options, false)

/** With it, of the size that its documentation gives: every token of a job comes again. */
export const fastJwtCache = (options) => createFastJwt('cookie + fast-jwt, cache', options, 1000)
