/**
 * Fuzzes the two engines against each other: Cookie headers by grammar and mutation, base64url by
 * mutation, tokens by every change of one place, sealing by random messages; and counts nonces. The
 * test suite runs the same functions, shorter.
 *
 * ```sh
 * node --expose-gc scripts/fuzz-engines.js --headers 1000000 --base64 1000000 --tokens 1000 --seed 1
 * node scripts/fuzz-engines.js --sealed 1000000 --nonces 1048576
 * ```
 *
 * Runs what is built in `dist/`. The same seed makes the same inputs. Exit code 1 if anything differs.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const NAME = '__Host-sid'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** How many differing inputs are kept; the rest are counted. */
const KEPT = 10

/** A deterministic source of choices (sfc32). */
export function createRandom(seed) {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, seed | 0]
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 16; i++) next()
  const below = (limit) => Math.floor((next() / 0x1_0000_0000) * limit)
  return { next, below, pick: (list) => list[below(list.length)], chance: (p) => below(1000) < p }
}

/** Keys of a ring, the newest first; two of them share a fingerprint, as may happen. */
export function fuzzKeys(purpose = 'fuzz') {
  const key = (text) => new Uint8Array(createHash('sha256').update(text).digest())
  return ['AbC', 'x-_', 'AbC'].map((fingerprint, i) => ({
    key: key(`${purpose} ${i}`),
    fingerprint,
  }))
}

/** A ring that signs and seals in each engine. */
const ringsOf = (engines) =>
  engines.map((engine) => engine.createRing(NAME, fuzzKeys(), { seal: fuzzKeys('seal') }))

const BLANKS = ['', '', '', '', ' ', ' ', '\t', '  ', ' \t ']
const SEPARATORS = ['; ', '; ', '; ', '; ', ';', ';', ' ;\t', ';;', ',', '\u013b', '\u037e', '']
const EQUALS = ['=', '=', '=', '=', '=', '=', '=', ' = ', '==', '', '\u013d', '%3D']
const ODD = [
  ...'\0\x01\t\n\v\f\r\x1f \x7f\x80\x85\xa0\xe9\xff\u0120\u0109\u013b\u013d\u0254\u200b\u3000\ufeff;=",\\%',
  ...['\ud800', '\udbff', '\udc00', '\udfff', '😀', '\uffff'],
]
const NAMES = [
  ...Array(8).fill(NAME),
  ...['__host-sid', '__Host-si', '__Host-sidx', 'x__Host-sid', '%5F_Host-sid', '\u015f_Host-sid'],
  ...['a', 'b', 'theme', '__proto__', '', 'a b', 'é'],
]

function letters(random, length) {
  let text = ''
  while (text.length < length) text += ALPHABET[random.below(64)]
  return text
}

/** The same low byte, another code unit. */
const aliasOf = (random, unit) => String.fromCharCode((unit & 0xff) | (random.below(256) << 8))

/** Ways to change what stands in a text from `at` to `end`, also such as no grammar has. */
const CHANGES = [
  (random) => random.pick(ODD),
  (random, part) => random.pick(ODD) + part,
  (random, part) => random.pick(ODD) + part.slice(1),
  () => '',
  (_, part) => part + part,
  (random, part) => String.fromCharCode(random.below(0x10000)) + part.slice(1),
  (random, part) => aliasOf(random, part === '' ? 0x3b : part.charCodeAt(0)) + part.slice(1),
  (random, part) => letters(random, 1) + part.slice(1),
]

function mutate(random, text) {
  const at = random.below(text.length + 1)
  const end = at + random.below(Math.min(40, text.length - at) + 1)
  return text.slice(0, at) + random.pick(CHANGES)(random, text.slice(at, end)) + text.slice(end)
}

/** What may stand behind an equals sign. */
const VALUES = [
  ...Array(5).fill((random, tokens) => random.pick(tokens)),
  ...Array(3).fill((random, tokens) => mutate(random, random.pick(tokens))),
  (random) => letters(random, random.below(60)),
  (random) => letters(random, random.chance(300) ? 4030 + random.below(80) : random.below(200)),
  (random) => `"${letters(random, random.below(20))}"`,
  (random) =>
    random.pick(['', 'T', 'TAbC', `TAbC.${letters(random, 43)}`, '%', '%41%zz', 'a=b', '"']),
]

/** A Cookie header, often hostile, from 1 B to 8 KiB, now and then as long as the core's buffer. */
export function makeHeader(random, tokens) {
  let header = random.pick(BLANKS)
  let pairs = 1 + random.below(random.chance(20) ? 120 : 6)
  for (; pairs > 0 && header.length < 8192; pairs--) {
    header += random.pick(BLANKS) + random.pick(NAMES) + random.pick(EQUALS)
    header += random.pick(BLANKS) + random.pick(VALUES)(random, tokens) + random.pick(SEPARATORS)
  }
  for (let turns = random.pick([0, 0, 1, 2, 3]); turns > 0; turns--) header = mutate(random, header)
  // Where the bytes of a header that is not ASCII fill the buffer before its end.
  if (random.chance(2)) header = header.padEnd(16_380 + random.below(7), letters(random, 7))
  return header === '' ? ';' : header
}

/** Text that is base64url, nearly, or not at all. */
export function makeBase64(random) {
  const long = random.below(2000) === 0
  let text = letters(
    random,
    long ? 16_370 + random.below(40) : random.below(random.pick([8, 40, 200]))
  )
  const changes = random.below(4) - 1
  for (let i = 0; i < changes; i++) text = mutate(random, text)
  return random.chance(30) ? `${text}=` : text
}

const sameItems = (left, right) =>
  left.length === right.length && left.every((item, index) => item === right[index])

function sameAnswer(left, right) {
  if (typeof left === 'string' || typeof right === 'string') return left === right
  return (
    left.text === right.text && left.format === right.format && left.keyIndex === right.keyIndex
  )
}

function createReport() {
  const report = { count: 0, differences: 0, kept: [], answers: {} }
  return {
    report,
    tally: (answer) => {
      report.answers[answer] = (report.answers[answer] ?? 0) + 1
    },
    differ: (input, what, answers) => {
      if (report.differences++ < KEPT) report.kept.push({ what, input, answers })
    },
  }
}

/** Compares the engines on `count` headers: what they list, and what they open and why not. */
export function fuzzHeaders({ engines, count, seed }) {
  const random = createRandom(seed)
  const { report, tally, differ } = createReport()
  const keys = fuzzKeys()
  const rings = ringsOf(engines)
  const texts = ['user-1', '', letters(random, 24), letters(random, 300)]
  const payloads = ['{"c":1}', '', 'é €😀', letters(random, 900)]
  const signed = new Set([...texts, ...payloads])
  const tokens = keys.flatMap((key) => {
    const ring = engines[0].createRing(NAME, [key])
    return [
      ...texts.map((text) => ring.signText(text, random.pick(['T', 't']))),
      ...payloads.map((text) => ring.signPayload(text, random.pick(['P', 'p']))),
    ]
  })
  for (const key of fuzzKeys('seal')) {
    const ring = engines[0].createRing(NAME, [], { seal: [key] })
    tokens.push(...payloads.map((text) => ring.sealPayload(text, random.pick(['S', 's']))))
  }
  const stranger = engines[0].createRing(NAME, [{ ...keys[0], fingerprint: 'zZz' }])
  tokens.push(stranger.signText('not of the ring', 'T'))
  for (; report.count < count; report.count++) {
    const header = makeHeader(random, tokens)
    const [list, otherList] = engines.map((engine) => engine.listCookies(header))
    if (!sameItems(list, otherList)) differ(header, 'listCookies', [list, otherList])
    const [opened, otherOpened] = rings.map((ring) => ring.open(header))
    if (!sameAnswer(opened, otherOpened)) differ(header, 'open', [opened, otherOpened])
    if (typeof opened === 'object' && !signed.has(opened.text)) differ(header, 'forged', [opened])
    tally(typeof opened === 'object' ? 'opened' : opened)
  }
  return report
}

/** Compares the engines, and Buffer, on `count` texts: what they decode, and encode again. */
export function fuzzBase64({ engines, count, seed }) {
  const random = createRandom(seed)
  const { report, tally, differ } = createReport()
  for (; report.count < count; report.count++) {
    const text = makeBase64(random)
    const [bytes, otherBytes] = engines.map((engine) => engine.decodeBase64url(text))
    const node = Buffer.from(text, 'base64url')
    const strict = node.toString('base64url') === text
    for (const decoded of [bytes, otherBytes]) {
      const right = strict ? decoded !== null && node.equals(decoded) : decoded === null
      if (!right) differ(text, 'decode', [bytes, otherBytes])
    }
    const [again, otherAgain] = engines.map((engine) => engine.encodeBase64url(node))
    if (again !== otherAgain || again !== node.toString('base64url')) {
      differ(text, 'encode', [again, otherAgain])
    }
    tally(strict ? 'decoded' : 'refused')
  }
  return report
}

/** Every token that differs from this one in one place: a bit, a character, a cut, an extension. */
export function* tamperings(token) {
  const replaced = (at, unit) =>
    token.slice(0, at) + String.fromCharCode(unit) + token.slice(at + 1)
  for (let at = 0; at < token.length; at++) {
    const unit = token.charCodeAt(at)
    for (let bit = 0; bit < 16; bit++) yield replaced(at, unit ^ (1 << bit))
    for (const other of `${ALPHABET}.+/=`) {
      if (other.charCodeAt(0) !== unit) yield replaced(at, other.charCodeAt(0))
    }
    yield token.slice(0, at)
    yield token.slice(at + 1)
    yield token.slice(0, at) + token[at] + token.slice(at)
    for (const extra of `A_.=\n\0\u013b`) yield token.slice(0, at) + extra + token.slice(at)
  }
  for (const extra of [...`${ALPHABET}.=+/\0\n`, token, `.${token}`, 'é']) yield token + extra
}

/** Tries every tampering of `count` tokens in both engines: none may be opened. */
export function fuzzTokens({ engines, count, seed }) {
  const random = createRandom(seed)
  const { report, tally, differ } = createReport()
  const rings = ringsOf(engines)
  for (; report.count < count; report.count++) {
    const text = letters(random, random.pick([0, 1, 8, 24, 24, 36, 60]))
    const makes = [
      () => rings[0].signText(text, 'T'),
      () => rings[0].signPayload(`{"${text}"}`, 'P'),
      () => rings[report.count % 2].sealPayload(`{"${text}"}`, 'S'),
    ]
    const token = makes[report.count % makes.length]()
    for (const tampered of tamperings(token)) {
      if (tampered === token) continue
      const [opened, otherOpened] = rings.map((ring) => ring.open(`${NAME}=${tampered}`))
      if (!sameAnswer(opened, otherOpened)) differ(tampered, 'open', [opened, otherOpened])
      if (typeof opened === 'object') differ(tampered, 'forged', [opened])
      tally(typeof opened === 'object' ? 'opened' : opened)
    }
  }
  return report
}

/** Some bytes, seldom many; now and then all the same, where carries go furthest. */
function makeBytes(random, most) {
  const bytes = new Uint8Array(random.chance(50) ? random.below(most) : random.below(100))
  const fill = random.chance(100) ? random.pick([0, 0xff, 0xfe, 0x80]) : null
  for (let i = 0; i < bytes.length; i++) bytes[i] = fill ?? random.next()
  return bytes
}

/** Compares the engines on `count` messages: what they encrypt, decrypt, and refuse. */
export function fuzzSealed({ engines, count, seed }) {
  const random = createRandom(seed)
  const { report, tally, differ } = createReport()
  const hex = (bytes) => (bytes === null ? null : Buffer.from(bytes).toString('hex'))
  for (; report.count < count; report.count++) {
    const [secret, nonce] = [32, random.pick([12, 24, 24])].map((size) =>
      Uint8Array.from({ length: size }, () => random.next())
    )
    const [message, data] = [makeBytes(random, 5000), makeBytes(random, 300)]
    const input = [secret, nonce, message, data].map(hex)
    const sealed = engines.map((engine) => engine.encrypt(secret, nonce, message, data))
    if (hex(sealed[0]) !== hex(sealed[1])) differ(input, 'encrypt', sealed.map(hex))
    const opened = engines.map((engine) => engine.decrypt(secret, nonce, sealed[0], data))
    if (opened.some((bytes) => hex(bytes) !== hex(message)))
      differ(input, 'decrypt', opened.map(hex))
    const at = random.below(sealed[0].length)
    sealed[0][at] ^= 1 << random.below(8)
    const refused = engines.map((engine) => engine.decrypt(secret, nonce, sealed[0], data))
    if (refused.some((bytes) => bytes !== null)) differ(input, 'forged', refused.map(hex))
    tally('agreed')
  }
  return report
}

/** Seals `count` times, in both engines in turn; no nonce may come twice. */
export function countNonces({ engines, count }) {
  const { report, tally, differ } = createReport()
  const rings = ringsOf(engines)
  const seen = new Set()
  for (; report.count < count; report.count++) {
    const token = rings[report.count % rings.length].sealPayload('', 'S')
    const nonce = Buffer.from(token.slice(4, 36), 'base64url').toString('latin1')
    if (seen.has(nonce)) differ(nonce, 'repeated', [token])
    seen.add(nonce)
    tally('sealed')
  }
  return report
}

async function main() {
  const string = { type: 'string' }
  const { values } = parseArgs({
    options: {
      headers: string,
      base64: string,
      tokens: string,
      sealed: string,
      nonces: string,
      seed: string,
    },
  })
  const seed = Number(values.seed ?? Date.now() % 0x7fff_ffff)
  const { selectEngine } = await import('../dist/bindings/codec/select.js')
  const engines = ['wasm', 'portable'].map((name) => selectEngine(name).engine)
  const rss = () => {
    globalThis.gc?.()
    return process.memoryUsage.rss() / (1 << 20)
  }
  console.log(`seed ${seed}, node ${process.version}`)
  for (const [name, fuzz] of [
    ['headers', fuzzHeaders],
    ['base64', fuzzBase64],
    ['tokens', fuzzTokens],
    ['sealed', fuzzSealed],
    ['nonces', countNonces],
  ]) {
    const count = Number(values[name] ?? 0)
    if (count === 0) continue
    fuzz({ engines, count: Math.ceil(count / 10), seed: seed + 1 })
    const [before, start] = [rss(), performance.now()]
    const { differences, kept, answers } = fuzz({ engines, count, seed })
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const growth = (rss() - before).toFixed(1)
    console.log(
      `${name}: ${count}, ${differences} differ, ${seconds} s, RSS growth ${growth} MiB`,
      answers
    )
    for (const difference of kept) console.log(JSON.stringify(difference))
    if (differences > 0) process.exitCode = 1
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
