/**
 * What is inside of a token, and whether it verifies.
 *
 * @module
 */
import {
  MAX_COOKIE_SIZE,
  MAX_VALUE_SIZE,
  type OpenedToken,
  type Rejection,
} from '../../bindings/codec/engine.ts'
import { defaultEngine } from '../../bindings/codec/select.ts'
import { storageKey } from '../../bindings/id.ts'
import { checkSecrets, deriveKeys } from '../../bindings/keyring.ts'
import { decodeRecord } from '../../bindings/record.ts'
import { printable } from './printable.ts'
import type { PastedToken } from './token-input.ts'

/** What was found: lines of a label and a text, and whether a session could be read from it now. */
export interface TokenReport {
  readonly lines: readonly (readonly [label: string, text: string])[]
  readonly good: boolean
}

const FORMATS: Readonly<Record<string, string>> = {
  T: 'a session id or another text, signed with HMAC-SHA256',
  P: 'a record or another payload, signed with HMAC-SHA256: anyone can read it',
  U: 'a text, signed with keyed BLAKE3',
  Q: 'a payload, signed with keyed BLAKE3: anyone can read it',
  S: 'a record or another payload, sealed with XChaCha20-Poly1305',
}

const VERDICTS: Readonly<Record<Rejection, string>> = {
  none: 'no: a Cookie header with this in it does not hold the cookie',
  malformed: 'no (malformed): it is not what Tuile makes',
  'unknown-key': 'no (unknown-key): none of the secrets made it, or not for this cookie name',
  'bad-signature': 'no (bad-signature): it was changed, cut off, or made for another cookie name',
  oversize: `no (oversize): it is over the ${MAX_COOKIE_SIZE} bytes of a cookie`,
}

/** Opens a token as the cookie of a name; bytes over the limit of browsers are for chunked cookies. */
function open(name: string, value: string, secrets: readonly string[]): OpenedToken | Rejection {
  const bytes = checkSecrets(secrets)
  const keysOf = (purpose: 'sign' | 'blake3' | 'seal') =>
    deriveKeys(defaultEngine, bytes, purpose, name)
  const isBlake3 = /^[UuQq]/.test(value)
  const ring = defaultEngine.createRing(name, keysOf(isBlake3 ? 'blake3' : 'sign'), {
    mac: isBlake3 ? 'blake3' : 'hmac-sha256',
    seal: keysOf('seal'),
    limit: MAX_VALUE_SIZE,
  })
  return ring.open(`${name}=${value}`)
}

/** Other names under which the same app may have made the cookie. */
function namesLike(name: string): string[] {
  const plain = name.replace(/^__(?:host|secure)-/i, '')
  return [plain, `__Host-${plain}`, `__Secure-${plain}`, '__Host-session', 'session'].filter(
    (other, index, all) => other !== name && all.indexOf(other) === index
  )
}

/** A moment, in a form that everybody can read. */
const timeOf = (milliseconds: number): string => {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? 'at no date' : date.toISOString()
}

/** The lines of a payload: a record in its parts, anything else as it is. Ids are cut. */
function linesOfPayload(text: string): [string, string][] {
  const record = decodeRecord(text)
  if (record === null) return [['payload', printable(text)]]
  const { sessionKey, rotation, createdAt, expiresAt, authenticatedAt, owner, data, flash } = record
  const messages = Object.fromEntries([...flash].map(([key, { value }]) => [key, value]))
  const lines: [string, string][] = []
  if (sessionKey !== null) {
    lines.push(['session', `${printable(sessionKey.slice(0, 4))}…`])
    lines.push(['rotation', `${Number(rotation)}`])
  }
  lines.push(['created', timeOf(createdAt)])
  if (expiresAt !== null) {
    lines.push([expiresAt <= Date.now() ? 'ended' : 'ends', timeOf(expiresAt)])
  }
  if (authenticatedAt !== null) lines.push(['signed in', timeOf(authenticatedAt)])
  if (owner !== null) lines.push(['owner', printable(JSON.stringify(owner.id))])
  lines.push(['data', printable(JSON.stringify(Object.fromEntries(data)))])
  if (flash.size > 0) lines.push(['flash', printable(JSON.stringify(messages))])
  return lines
}

/** What anyone can read, verified or not. */
function readPayload(value: string): string | null {
  const [, body] = /^[PpQq][\w-]{3}([\w-]*)\.[\w-]{43}$/.exec(value) ?? []
  const bytes = body === undefined ? null : defaultEngine.decodeBase64url(body)
  return bytes && new TextDecoder().decode(bytes)
}

function linesOfKey(value: string, name: string, secrets: readonly string[]): [string, string][] {
  const fingerprint = value.slice(1, 4)
  const purpose = /^[Ss]/.test(value) ? 'seal' : /^[UuQq]/.test(value) ? 'blake3' : 'sign'
  const keys = deriveKeys(defaultEngine, checkSecrets(secrets), purpose, name)
  const places = keys.flatMap((key, i) => (key.fingerprint === fingerprint ? [i + 1] : []))
  const whose = places.length > 0 ? `secret ${places.join(' or ')} of ${keys.length}` : 'no secret'
  return [['key', `fingerprint ${printable(fingerprint)}, that of ${whose}`]]
}

/** Reports on a token; without secrets, on what anyone can see. */
export function reportToken(
  { name, value, parts }: PastedToken & { readonly name: string },
  secrets: readonly string[] | null
): TokenReport {
  const size = new TextEncoder().encode(name + value).length
  const letter = value.charAt(0)
  const format = FORMATS[letter.toUpperCase()]
  const lines: [string, string][] = [
    [
      'cookie',
      parts > 1
        ? `${printable(name)}, ${size} bytes in ${parts} cookies`
        : `${printable(name)}, ${size} of ${MAX_COOKIE_SIZE} bytes`,
    ],
    ['format', `${printable(letter)}: ${format ?? 'none of ours'}`],
  ]
  if (format !== undefined && letter === letter.toLowerCase()) {
    lines.push(['mark', 'a flash message waits'])
  }
  if (secrets === null) {
    lines.push(['verifies', 'not known: no secret was given'])
    return { lines: [...lines, ...unverified(value)], good: false }
  }
  if (format !== undefined) lines.push(...linesOfKey(value, name, secrets))
  const opened = open(name, value, secrets)
  if (typeof opened === 'string') {
    lines.push(['verifies', VERDICTS[opened]])
    for (const other of namesLike(name)) {
      if (typeof open(other, value, secrets) !== 'object') continue
      lines.push(['hint', `it verifies as the cookie ${printable(other)}: was it renamed?`])
    }
    return { lines: [...lines, ...unverified(value)], good: false }
  }
  const { keyIndex, text } = opened
  lines.push([
    'verifies',
    keyIndex === 0
      ? 'yes, with the newest secret'
      : `yes, with secret ${keyIndex + 1}: it is renewed`,
  ])
  if (/^[TtUu]/.test(letter)) {
    lines.push(['id', `${text.slice(0, 4)}…, ${text.length} characters`])
    lines.push(['stored as', storageKey(defaultEngine, text)])
    return { lines, good: true }
  }
  lines.push(...linesOfPayload(text))
  const expiresAt = decodeRecord(text)?.expiresAt ?? Infinity
  if (expiresAt > Date.now()) return { lines, good: parts > 1 || size <= MAX_COOKIE_SIZE }
  lines.push(['session', 'is over (expired-idle or expired-absolute)'])
  return { lines, good: false }
}

function unverified(value: string): [string, string][] {
  const text = readPayload(value)
  return text === null ? [] : [['claims', 'what follows is not verified'], ...linesOfPayload(text)]
}
