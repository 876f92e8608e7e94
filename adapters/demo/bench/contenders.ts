/**
 * Who verifies a signed id in the visitor's own browser, each as its documentation says.
 *
 * @module
 */
import { parseSigned, serializeSigned } from 'hono/utils/cookie'
import { createCodec, parseCookies } from '../../../bindings/codec.ts'

/** One way to verify a signed id. */
export interface Contender {
  readonly name: string
  /** What it is, in a few words. */
  readonly note: string
  /** A Cookie header that it signed itself. */
  readonly header: string
  /** The id in a Cookie header, or `null`. */
  verify(header: string): string | null | Promise<string | null>
}

const COOKIE_NAME = '__Host-session'
const encoder = new TextEncoder()

/** Others that a browser sends along, so that there is something to search. */
const withOthers = (pair: string): string => `theme=dark; ${pair}; lang=en; consent=yes`

function tuile(engine: 'wasm' | 'portable', secret: string, id: string): Contender {
  const signer = createCodec({ engine }).createSigner(secret, { name: COOKIE_NAME })
  return {
    name: engine === 'wasm' ? 'Tuile, WebAssembly' : 'Tuile, plain JavaScript',
    note: engine === 'wasm' ? 'one call finds, checks and decodes' : 'the same work, byte for byte',
    header: withOthers(`${COOKIE_NAME}=${signer.sign(id)}`),
    verify: (header) => signer.verify(header),
  }
}

async function webCrypto(secret: string, id: string): Promise<Contender> {
  const { subtle } = crypto
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'sign',
    'verify',
  ])
  const { base64url } = createCodec({ engine: 'portable' })
  const mac = base64url.encode(new Uint8Array(await subtle.sign('HMAC', key, encoder.encode(id))))
  return {
    name: 'WebCrypto',
    note: 'subtle.verify, its key imported once',
    header: withOthers(`${COOKIE_NAME}=${id}.${mac}`),
    async verify(header) {
      const [value = '', given = ''] = parseCookies(header)[COOKIE_NAME]?.split('.') ?? []
      const bytes = base64url.decode(given)
      if (bytes === null) return null
      const valid = await subtle.verify(
        'HMAC',
        key,
        bytes as Uint8Array<ArrayBuffer>,
        encoder.encode(value)
      )
      return valid ? value : null
    },
  }
}

async function honoCookie(secret: string, id: string): Promise<Contender> {
  const line = await serializeSigned(COOKIE_NAME, id, secret, { path: '/', secure: true })
  return {
    name: 'hono/cookie, signed',
    note: 'WebCrypto, its key imported at each call',
    header: withOthers(line.slice(0, line.indexOf(';'))),
    async verify(header) {
      return (await parseSigned(header, secret, COOKIE_NAME))[COOKIE_NAME] || null
    },
  }
}

/**
 * All contenders, each of which was seen to accept its own header and to refuse a changed one.
 *
 * Without WebAssembly, as under a strict Content Security Policy, there is one fewer.
 *
 * @throws Error if one of them gives a wrong answer.
 */
export async function createContenders(): Promise<Contender[]> {
  const { base64url } = createCodec({ engine: 'portable' })
  const random = (size: number) => base64url.encode(crypto.getRandomValues(new Uint8Array(size)))
  const secret = random(32)
  const id = random(18)
  const wasm = createCodec().engine.name === 'wasm' ? [tuile('wasm', secret, id)] : []
  const contenders = [
    ...wasm,
    tuile('portable', secret, id),
    await webCrypto(secret, id),
    await honoCookie(secret, id),
  ]
  for (const { name, header, verify } of contenders) {
    const changed = header.replace(id, random(18))
    if ((await verify(header)) !== id || (await verify(changed)) !== null) {
      throw new Error(`${name} gives a wrong answer`)
    }
  }
  return contenders
}
