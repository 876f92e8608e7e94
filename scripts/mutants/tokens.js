// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code
/** Bugs in what a cookie's value is made and read with. */

const ADVISORIES = 'adapters/advisories/tokens.test.ts'

/** Reads what did not verify in another way, as those did whose advisories these are. */
const secondDecoder = (expression) => [
  [
    'bindings/source.ts',
    "this.#token = typeof opened === 'object' ? opened : null",
    `const value = this.#header.slice(this.#header.indexOf('=') + 1)
      const fallback = (): OpenedToken | null => {
        try {
          return { format: 'P', text: ${expression}, keyIndex: 0 }
        } catch {
          return null
        }
      }
      this.#token = typeof opened === 'object' ? opened : fallback()`,
  ],
]

export const TOKENS = [
  {
    ids: ['CVE-2026-39324', 'GHSA-33qg-7wpp-89cq', '§2.17', '§2.18'],
    bug: 'a cookie that does not verify is read without a MAC',
    edits: secondDecoder("Buffer.from(value.slice(value.length % 4), 'base64url').toString()"),
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2026-22817', 'CVE-2026-22818', '§2.19'],
    bug: 'the token says that it needs no signature',
    edits: secondDecoder(
      "JSON.parse(Buffer.from(value.split('.')[0]!, 'base64url').toString()).alg === 'none' ? JSON.stringify({ c: Date.now(), e: Date.now() + 1000, i: 'A'.repeat(16), n: 0, d: {} }) : ''"
    ),
    tests: [ADVISORIES],
  },
  {
    ids: ['laravel 2020-07-27', 'better-auth multi-session', 'CVE-2022-46170', '§2.16'],
    bug: 'the cookie name is not in the key',
    edits: [
      [
        'bindings/keyring.ts',
        '`tuile/1/${purpose}/${cookieName}`',
        '`tuile/1/${purpose}/${cookieName && ""}`',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['§2.16', 'N13'],
    bug: 'what an app signs has the keys of its sessions',
    edits: [
      [
        'bindings/token.ts',
        "mac === 'blake3' ? 'blake3' : 'codec'",
        "mac === 'blake3' ? 'blake3' : 'record'",
      ],
    ],
    tests: ['bindings/purposes.test.ts'],
  },
  {
    ids: ['N13'],
    bug: 'a bare token may have others around it',
    edits: [
      ['bindings/token.ts', 'const BARE_TOKEN = /^[\\w.-]+$/', 'const BARE_TOKEN = /[\\w.-]/'],
    ],
    tests: ['bindings/token.test.ts'],
  },
  {
    ids: ['CVE-2019-10911', '§2.16'],
    bug: 'the MAC leaves out the letter and the fingerprint',
    edits: [
      [
        'core/token.ts',
        'authenticateText(mac, RING_KEYS + <usize>(key * KEY_SIZE), ptr, dot)',
        'authenticateText(mac, RING_KEYS + <usize>(key * KEY_SIZE), ptr + 4, dot - 4)',
      ],
      [
        'core/token.ts',
        'authenticateText(load<u32>(RING_MAC), RING_KEYS, ptr, dot)',
        'authenticateText(load<u32>(RING_MAC), RING_KEYS, ptr + 4, dot - 4)',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2016-1000236', 'CVE-2013-0263', '§2.23'],
    bug: 'the core compares byte by byte, and stops at the first that differs',
    edits: [
      [
        'core/token.ts',
        'return !v128.any_true(difference)',
        'for (let i: usize = 0; i < 43; i++) if (load<u8>(MAC + i) !== load<u8>(ptr + i)) return false\n  return true',
      ],
    ],
    tests: ['bindings/codec/token-work.test.ts'],
  },
  {
    ids: ['CVE-2016-1000236'],
    bug: 'the last eleven characters of a MAC are not compared',
    edits: [
      [
        'core/token.ts',
        '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 16, 16, 16, 16)',
        '16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16)',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['§2.17', 'CVE-2026-39324', 'C2'],
    bug: 'the core does not compare the MAC at all',
    edits: [
      [
        'core/token.ts',
        'if (sameMac(ptr + <usize>dot + 1)) return key',
        'sameMac(ptr + <usize>dot + 1)\n    return key',
      ],
    ],
    tests: [ADVISORIES, 'bindings/codec/token-tamper.test.ts'],
  },
  {
    ids: ['C2'],
    bug: 'the portable engine does not compare the MAC at all',
    edits: [
      ['bindings/codec/portable/token.ts', 'return difference === 0', 'return difference >= 0'],
    ],
    tests: ['bindings/codec/token-tamper.test.ts'],
  },
  {
    ids: ['A6'],
    bug: 'the core takes spare bits that are set',
    edits: [
      ['core/base64url.ts', 'if ((len & 3) !== 0 && load<u8>(target + total) !== 0) return -1', ''],
    ],
    tests: ['bindings/codec/base64url-exhaustive.test.ts'],
  },
  {
    ids: ['A6'],
    bug: 'the portable engine takes spare bits that are set',
    edits: [['bindings/codec/portable/base64url.ts', 'if (spare !== 0) return null', 'void spare']],
    tests: ['bindings/codec/base64url-exhaustive.test.ts'],
  },
  {
    ids: ['A6'],
    bug: 'the portable engine takes the other alphabet too',
    edits: [
      [
        'bindings/codec/portable/base64url.ts',
        'SEXTETS[ALPHABET.charCodeAt(i)] = i',
        'SEXTETS[ALPHABET.charCodeAt(i)] = i\nSEXTETS[0x2b] = 62',
      ],
    ],
    tests: ['bindings/codec/base64url-exhaustive.test.ts'],
  },
  {
    ids: ['A4'],
    bug: 'the padding of SHA-256 is wrong for one length in 64',
    edits: [['core/sha256.ts', 'if (len < 56) {', 'if (len < 57) {']],
    tests: ['bindings/codec/sha256.test.ts'],
  },
  {
    ids: ['A1', 'A2'],
    bug: 'keys of over 64 bytes are cut, not hashed',
    edits: [['bindings/codec/portable/hmac.ts', 'key.length > BLOCK_SIZE ?', 'key.length > 1e9 ?']],
    tests: ['bindings/codec/hmac.test.ts'],
  },
  {
    ids: ['CVE-2025-47278', '§2.21'],
    bug: 'the oldest secret signs',
    edits: [
      [
        'bindings/keyring.ts',
        'return secrets.map((secret) => {',
        'return [...secrets].reverse().map((secret) => {',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2025-47278', '§2.21'],
    bug: 'what an older secret signed is not signed anew',
    edits: [
      [
        'bindings/keeper/records.ts',
        'findById(id, token.keyIndex > 0,',
        'findById(id, token.keyIndex > 99,',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['§2.21'],
    bug: 'a message about a secret quotes it',
    edits: [
      [
        'bindings/keyring.ts',
        '`${which} has ${bytes.length} bytes;',
        '`${which} "${secret}" has ${bytes.length} bytes;',
      ],
    ],
    tests: ['bindings/keyring.test.ts', 'bindings/secrecy.test.ts'],
  },
  {
    ids: ['CVE-2026-44459', '§2.20'],
    bug: 'any number is a time, and none is too far ahead',
    edits: [
      [
        'bindings/record.ts',
        'return Number.isSafeInteger(value) && (value as number) > 0',
        "return typeof value === 'number'",
      ],
    ],
    tests: ['adapters/advisories/expiry.test.ts'],
  },
  {
    ids: ['§2.20'],
    bug: 'a record in a cookie may come from the future',
    edits: [['bindings/record.ts', 'const CLOCK_SKEW = 300_000', 'const CLOCK_SKEW = 9e15']],
    tests: ['bindings/times.test.ts'],
  },
  {
    ids: ['§2.22'],
    bug: 'the nonce is always the same',
    edits: [
      [
        'bindings/storage/encrypted/cipher.ts',
        'crypto.getRandomValues(new Uint8Array(NONCE_SIZE))',
        'new Uint8Array(NONCE_SIZE)',
      ],
    ],
    tests: ['bindings/storage/encrypted.test.ts'],
  },
  {
    ids: ['§2.40', 'I2'],
    bug: 'what was hashed stays in the memory of the core',
    edits: [['bindings/codec/wasm.ts', 'core.forget(Math.min(message.length, capacity), 32)', '']],
    tests: ['bindings/codec/token-work.test.ts'],
  },
]
