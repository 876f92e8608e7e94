/**
 * What is fuzzed: each target takes any text and throws if a promise is broken. The API comes from whoever
 * runs it: what is built for the fuzzer, the sources for the test that replays the corpus.
 */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'

const NAME = '__Host-session'
const ID = 'k5Jx0-pZ_3qWvT8yLmNb2RcA'
const RECORD = '{"c":1700000000000,"d":{"user":7,"é":"€😀"},"f":{"m":1},"i":"x","e":1700000100000}'

const keyOf = (text) => new Uint8Array(createHash('sha256').update(text).digest())

/** SP and HTAB, and nothing else, from both ends. */
function trim(text) {
  let [start, end] = [0, text.length]
  const blank = (at) => text[at] === ' ' || text[at] === '\t'
  while (start < end && blank(start)) start++
  while (end > start && blank(end - 1)) end--
  return text.slice(start, end)
}

/** The pairs of a header, by rules so plain that they cannot be wrong. */
function referencePairs(header) {
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    const name = trim(pair.slice(0, Math.max(equals, 0)))
    return name === '' ? [] : [name, trim(pair.slice(equals + 1))]
  })
}

/** Both answers, which must be the same. */
function same(left, right) {
  assert.deepEqual(left, right)
  return right
}

/** What a ring may open, and what it may not. */
function ringTarget(engines, options, tokens, decorate) {
  const keys = [{ key: keyOf('fuzz'), fingerprint: 'AbC' }]
  const rings = engines.map((engine) => engine.createRing(NAME, keys, options))
  return (text) => {
    const header = decorate(text)
    const [left, right] = rings.map((ring) => ring.open(header))
    const opened = same(left, right)
    if (typeof opened === 'string') return
    // What opens is a cookie of our name whose value is a token that was made, to the letter.
    const pairs = referencePairs(header)
    const made = pairs.some(
      (name, at) => at % 2 === 0 && name === NAME && tokens.includes(pairs[at + 1])
    )
    assert.ok(made, `opened ${JSON.stringify(opened)}`)
  }
}

const signed = (engines) => {
  const ring = engines[0].createRing(NAME, [{ key: keyOf('fuzz'), fingerprint: 'AbC' }])
  return [
    ring.signText(ID, 'T'),
    ring.signText('', 't'),
    ring.signPayload(RECORD, 'P'),
    ring.signPayload('é', 'p'),
  ]
}

/** A nonce that is always the same, so that a corpus holds tokens of today. */
const SEAL = { seal: [{ key: keyOf('seal'), fingerprint: 'dEf' }] }

/** Makes the targets: for each its seeds, words to put in, and what to do with a text. */
export function createTargets({ engines, cookies, records }) {
  const tokens = signed(engines)
  const sealed = ['', 'a', RECORD].map((text, at) =>
    engines[0].createRing(NAME, [], SEAL).sealPayload(text, 'Ss'[at % 2])
  )
  return {
    header: {
      seeds: [
        `a=b; ${NAME}=${tokens[0]}; c="d"`,
        `${NAME}=x;${NAME}=${tokens[1]}`,
        ' a = b ;; =c; d',
      ],
      words: [
        NAME,
        '=',
        ';',
        ',',
        '"',
        '\\',
        ' ',
        '\t',
        '\xa0',
        '\u013b',
        '\u013d',
        '%3D',
        '__proto__',
        ...tokens,
      ],
      run: (() => {
        const open = ringTarget(engines, {}, tokens, (header) => header)
        return (header) => {
          const [left, right] = engines.map((engine) => engine.listCookies(header))
          same(same(left, right), referencePairs(header))
          const parsed = engines.map((engine) => cookies.parseCookies(engine, header))
          assert.equal(Object.getPrototypeOf(parsed[0]), null)
          same(Object.entries(parsed[0]), Object.entries(parsed[1]))
          if (header !== '') open(header)
        }
      })(),
    },
    token: {
      seeds: tokens,
      words: ['T', 't', 'P', 'p', 'U', 'S', 'AbC', '.', '=', 'A'.repeat(43), '-', '_', ...tokens],
      run: ringTarget(engines, {}, tokens, (text) => `${NAME}=${text}`),
    },
    sealed: {
      seeds: sealed,
      words: ['S', 's', 'dEf', 'A'.repeat(54), '-', '_', '=', '.', ...sealed],
      run: ringTarget(engines, SEAL, [...tokens, ...sealed], (text) => `${NAME}=${text}`),
    },
    base64url: {
      seeds: ['', 'Zg', 'Zm8', 'Zm9v', 'AbC-_xyz'.repeat(9), 'Zh', 'Z'],
      words: ['A', '-', '_', '+', '/', '=', '\0', '\u0141', 'A'.repeat(16), 'A'.repeat(16_384)],
      run(text) {
        const [left, right] = engines.map((engine) => engine.decodeBase64url(text))
        same(left, right)
        const node = Buffer.from(text, 'base64url')
        const strict = node.toString('base64url') === text
        assert.equal(right !== null, strict)
        if (right === null) return
        assert.ok(node.equals(right))
        for (const engine of engines) assert.equal(engine.encodeBase64url(right), text)
      },
    },
    record: {
      seeds: [
        RECORD,
        '{"c":1}',
        '{"c":1,"z":1,"o":{"i":"u","l":{"d":"x"},"r":"k","u":9,"e":"p"}}',
        '{"c":1,"d":{"__proto__":{"x":1},"then":1,"toJSON":2}}',
      ],
      words: [
        '"c":',
        '"d":',
        '"e":',
        '"f":',
        '"i":',
        '"o":',
        '"z":',
        '{',
        '}',
        '[',
        ']',
        ',',
        '1e999',
        'null',
        '-1',
        '"',
        '\\u0000',
        '__proto__',
        '\ud800',
      ],
      run(text) {
        const record = records.decodeRecord(text)
        assert.equal(Reflect.get({}, 'x'), undefined)
        if (record === null) return
        // What was read once stays the same: 1e999 has become null by then, as in all JSON.
        const text2 = records.encodeRecord(record)
        const again = records.decodeRecord(text2)
        assert.notEqual(again, null)
        assert.equal(records.encodeRecord(again), text2)
        assert.deepEqual([...again.data.keys()].sort(), [...record.data.keys()].sort())
        records.largestValues(record)
      },
    },
    serializer: {
      // Lines: the name, the value, and attributes as JSON.
      seeds: [
        'a\nb\n{"path":"/","maxAge":60,"secure":true,"httpOnly":true,"sameSite":"lax"}',
        '__Host-a\né\n{"path":"/","secure":true,"partitioned":true,"priority":"high"}',
        '__Secure-a\n\n{"secure":true,"domain":"a.example","sameSite":"none"}',
      ],
      words: [
        '__Host-',
        '__Secure-',
        '"path":"/',
        '"domain":"a',
        '"maxAge":',
        '"sameSite":"',
        '"priority":"',
        '"secure":true',
        ';',
        '\r',
        '\n',
        '=',
        ',',
        '%',
        '\u013b',
        '34560001',
        '{',
        '}',
        '"',
      ],
      run(text) {
        const [name = '', value = '', ...rest] = text.split('\n')
        let attributes = {}
        try {
          attributes = Object(JSON.parse(rest.join('\n')))
        } catch {
          // then without any
        }
        let line
        try {
          line = cookies.serializeCookie(name, value, attributes)
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error))
          return
        }
        assert.match(line, /^[ -~]*$/)
        const [pair, ...parts] = line.split('; ')
        assert.equal(line.split(';').length, parts.length + 1)
        assert.equal(new Set(parts.map((part) => part.split('=')[0])).size, parts.length)
        for (const part of parts) {
          assert.match(
            part,
            /^(?:Max-Age=-?\d+|Domain=[a-z0-9.-]+|Path=[ -:=-~]*|Expires=.+ GMT|HttpOnly|Secure|Partitioned|Priority=(?:Low|Medium|High)|SameSite=(?:Strict|Lax|None))$/i
          )
        }
        for (const engine of engines) {
          assert.deepEqual(Object.entries(cookies.parseCookies(engine, pair)), [[name, value]])
        }
        const secure = parts.includes('Secure')
        if (/^__(?:host|secure)-/i.test(name)) assert.ok(secure)
        if (/^__host-/i.test(name)) {
          assert.ok(parts.includes('Path=/') && !parts.some((part) => part.startsWith('Domain=')))
        }
        if (parts.includes('Partitioned') || parts.includes('SameSite=None')) assert.ok(secure)
      },
    },
  }
}
