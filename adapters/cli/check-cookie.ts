/**
 * What browsers, proxies and subdomains make of the session's cookie, by its Set-Cookie line.
 *
 * @module
 */
import { MAC_SIZE, MAX_COOKIE_SIZE, PREFIX_SIZE, SEAL_SIZE } from '../../bindings/codec/engine.ts'
import { type Finding, findingsOf } from './findings.ts'

/** What is checked. */
export interface CookieFacts {
  /** The whole line, with its value. */
  readonly line: string
  /** Whether `cookie.secure` is `'auto'`. */
  readonly auto: boolean
  /** How the session itself is in the cookie, if it is. */
  readonly mode: 'sealed' | 'signed' | null
}

/** Seconds of a month: OWASP ASVS 5.0, 7.3.2, and NIST SP 800-63B want sessions to end before. */
const MONTH = 30 * 86_400
/** Bytes of JSON below which a session in a cookie soon overflows. */
const TIGHT = 1000

/** Bytes of JSON that a session in a cookie can have, beside the line's own. */
function roomFor(mode: 'sealed' | 'signed', overhead: number): number {
  const room = MAX_COOKIE_SIZE - overhead - PREFIX_SIZE
  return mode === 'sealed'
    ? Math.floor((room * 3) / 4) - SEAL_SIZE
    : Math.floor(((room - 1 - MAC_SIZE) * 3) / 4)
}

/** Checks a cookie. */
export function checkCookie({ line, auto, mode }: CookieFacts): Finding[] {
  const { list, add } = findingsOf('cookie')
  const [pair = '', ...rest] = line.split('; ')
  const name = pair.slice(0, pair.indexOf('='))
  const attributes = new Map(
    rest.map((attribute) => {
      const [key = '', value = ''] = attribute.split('=')
      return [key.toLowerCase(), value]
    })
  )

  if (!attributes.has('secure')) {
    add('problem', 'Secure is off, so the cookie goes over plain HTTP too. Leave cookie.secure on')
  } else if (auto) {
    add(
      'warning',
      "secure is 'auto': behind a proxy that does not pass the Host on, every request seems to come " +
        'to http://localhost, whose cookie is not Secure. Use secure: true in production'
    )
  } else {
    add('ok', 'Secure always, so a proxy that ends TLS needs no setting here')
  }
  if (!attributes.has('httponly')) {
    add('problem', 'HttpOnly is off: any script of the page can read the session. Leave it on')
  }
  if (attributes.get('samesite')?.toLowerCase() === 'none') {
    add(
      'warning',
      'SameSite=None: other sites send the cookie along with their forms and requests. Check each ' +
        'request that changes something, or use lax'
    )
  } else add('ok', `SameSite=${attributes.get('samesite')}`)
  if (attributes.has('domain')) {
    add('warning', 'Domain: every subdomain gets the session, and can set another one')
  } else if (!/^__Host-/i.test(name)) {
    add(
      'warning',
      `${name} has no prefix __Host-: subdomains, and pages over plain HTTP, can set another one`
    )
  } else add('ok', `${name}: only this very host, over HTTPS, can set it`)

  const life = Number(attributes.get('max-age') ?? 0)
  if (life > MONTH) {
    add('warning', `A session lives for ${Math.round(life / 86_400)} days. Is that meant?`)
  }
  if (mode !== null) {
    const room = roomFor(mode, line.length - (pair.length - name.length - 1))
    add(
      room < TIGHT ? 'warning' : 'ok',
      `A session may have about ${room} bytes of JSON; beyond that commit throws CookieOverflowError`
    )
  }
  return list
}
