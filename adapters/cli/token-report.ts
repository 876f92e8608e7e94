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
  type RingKey,
} from '../../bindings/codec/engine.ts'
import { defaultEngine } from '../../bindings/codec/select.ts'
import { storageKey } from '../../bindings/id.ts'
import { checkSecrets, deriveKeys, type KeyPurpose } from '../../bindings/keyring.ts'
import { decodeRecord } from '../../bindings/record.ts'
import { printable } from './printable.ts'
import type { PastedToken } from './token-input.ts'

/** What was found: lines of a label and a text, and whether the token is good now. */
export interface TokenReport {
  readonly lines: readonly (readonly [label: string, text: string])[]
  /** Whether it verifies, and is not of a session that is over. */
  readonly good: boolean
}

/** What a token may have been made for. */
interface Use {
  readonly purpose: KeyPurpose
  /** The cookie name of its keys; empty for a bare value. */
  readonly name: string
}

const FORMATS: Readonly<Record<string, string>> = {
  T: 'a session id or another string, signed with HMAC-SHA256',
  P: 'a record or another payload, signed with HMAC-SHA256: anyone can read it',
  U: 'a string, signed with keyed BLAKE3',
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

/** What makes tokens of each letter for a cookie. Signers and sealers make bare values as well. */
const PURPOSES: Readonly<Record<string, readonly KeyPurpose[]>> = {
  T: ['id', 'client', 'codec'],
  P: ['record', 'codec'],
  S: ['seal', 'codec'],
  U: ['blake3'],
  Q: ['blake3'],
}

/** What a token is that is of no session. */
const KINDS: Readonly<Partial<Record<KeyPurpose, string>>> = {
  client: 'client id of the socket.io bridge',
  codec: 'value of createSigner or createSealer',
  blake3: "value of createSigner with mac: 'blake3'",
}

/** The name that the ring, which looks for cookies, has for every token. */
const RING_NAME = 'token'

function usesOf(name: string, value: string): Use[] {
  const purposes = PURPOSES[value.charAt(0).toUpperCase()] ?? ['id']
  const uses = purposes.map((purpose) => ({ purpose, name }))
  const { purpose } = uses.at(-1)!
  return purpose === 'id' ? uses : [...uses, { purpose, name: '' }]
}

function keysOf({ purpose, name }: Use, secrets: readonly string[]): RingKey[] {
  return deriveKeys(defaultEngine, checkSecrets(secrets), purpose, name)
}

/** Opens a token for one use; bytes over the limit of browsers are for chunked cookies. */
function openFor(use: Use, value: string, secrets: readonly string[]): OpenedToken | Rejection {
  const keys = keysOf(use, secrets)
  const [sign, seal] = /^[Ss]/.test(value) ? [[], keys] : [keys, []]
  const mac = use.purpose === 'blake3' ? 'blake3' : 'hmac-sha256'
  const ring = defaultEngine.createRing(RING_NAME, sign, { mac, seal, limit: MAX_VALUE_SIZE })
  return ring.open(`${RING_NAME}=${value}`)
}

/** A token that verified. */
interface Found {
  readonly use: Use
  readonly opened: OpenedToken
}

/** Opens a token as the cookie of a name, or as a bare value, whatever it was made for. */
function open(name: string, value: string, secrets: readonly string[]): Found | Rejection {
  let reason: Rejection = 'unknown-key'
  for (const use of usesOf(name, value)) {
    const opened = openFor(use, value, secrets)
    if (typeof opened === 'object') return { use, opened }
    // The keys of one use have made it at most; those of the others do not know it.
    if (opened !== 'unknown-key') reason = opened
  }
  return reason
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

const payloadLine = (text: string): [string, string] => ['payload', printable(text)]

/** The lines of a payload: a record in its parts, anything else as it is. Ids are cut. */
function linesOfPayload(text: string): [string, string][] {
  const record = decodeRecord(text)
  if (record === null) return [payloadLine(text)]
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
  const lists = usesOf(name, value).map((use) => keysOf(use, secrets))
  const isMaker = (i: number): boolean => lists.some((keys) => keys[i]!.fingerprint === fingerprint)
  const places = secrets.flatMap((_, i) => (isMaker(i) ? [i + 1] : []))
  const count = secrets.length
  const whose = places.length > 0 ? `secret ${places.join(' or ')} of ${count}` : 'no secret'
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
  const found = open(name, value, secrets)
  if (typeof found === 'string') {
    lines.push(['verifies', VERDICTS[found]])
    for (const other of namesLike(name)) {
      if (typeof open(other, value, secrets) !== 'object') continue
      lines.push(['hint', `it verifies as the cookie ${printable(other)}: was it renamed?`])
    }
    return { lines: [...lines, ...unverified(value)], good: false }
  }
  const fits = parts > 1 || size <= MAX_COOKIE_SIZE
  const more = linesOfFound(found)
  if (!isOver(found)) return { lines: [...lines, ...more], good: fits }
  const over = ['session', 'is over (expired-idle or expired-absolute)'] as const
  return { lines: [...lines, ...more, over], good: false }
}

/** Whether a record says that its session has ended. */
function isOver({ use, opened }: Found): boolean {
  if (use.purpose !== 'record' && use.purpose !== 'seal') return false
  return (decodeRecord(opened.text)?.expiresAt ?? Infinity) <= Date.now()
}

/** The lines of a token that verifies. What may be an id is cut. */
function linesOfFound({ use, opened }: Found): [string, string][] {
  const { format, keyIndex, text } = opened
  const { purpose, name } = use
  const isValue = purpose === 'codec' || purpose === 'blake3'
  const older = `yes, with secret ${keyIndex + 1}${isValue ? '' : ': it is renewed'}`
  const lines: [string, string][] = [
    ['verifies', keyIndex === 0 ? 'yes, with the newest secret' : older],
  ]
  const kind = KINDS[purpose]
  if (kind) lines.push(['kind', `a ${name === '' ? 'bare ' : ''}${kind}, not a session`])
  if (format !== 'T' && format !== 't') {
    return [...lines, ...(isValue ? [payloadLine(text)] : linesOfPayload(text))]
  }
  lines.push([isValue ? 'value' : 'id', `${text.slice(0, 4)}…, ${text.length} characters`])
  if (purpose === 'id') lines.push(['stored as', storageKey(defaultEngine, text)])
  return lines
}

function unverified(value: string): [string, string][] {
  const text = readPayload(value)
  return text === null ? [] : [['claims', 'what follows is not verified'], ...linesOfPayload(text)]
}
