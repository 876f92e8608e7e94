// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code
/** Bugs in what is read from Cookie headers and written to `Set-Cookie` lines. */

const RULES = 'bindings/cookie-rules.test.ts'
const SPOOFS = 'adapters/advisories/spoofed-names.test.ts'
const LINES = 'adapters/advisories/set-cookie.test.ts'

export const COOKIES = [
  {
    ids: ['CVE-2026-39410', 'GHSA-r5rp-j6wh-rvv4', '§2.1'],
    bug: 'U+00A0 and other white space is trimmed',
    edits: [
      [
        'bindings/codec/portable/cookie.ts',
        'return unit === SPACE || unit === TAB',
        'return /\\s/.test(String.fromCharCode(unit))',
      ],
    ],
    tests: [SPOOFS, RULES],
  },
  {
    ids: ['§2.1'],
    bug: 'the core takes a vertical tab for a blank',
    edits: [
      [
        'core/cookie.ts',
        'return byte === SPACE || byte === TAB',
        'return byte === SPACE || byte === TAB || byte === 0x0b',
      ],
    ],
    tests: [SPOOFS, RULES],
  },
  {
    ids: ['CVE-2020-8184', 'CVE-2022-36032', '§2.2'],
    bug: 'names are percent-decoded',
    edits: [
      [
        'bindings/channel.ts',
        'return this.#ring.current.open(this.#carrier.headerOf(received))',
        "return this.#ring.current.open(this.#carrier.headerOf(received).replace(/%5f/gi, '_').replace(/%2d/gi, '-'))",
      ],
    ],
    tests: [SPOOFS],
  },
  {
    ids: ['CVE-2022-31629', '§2.2'],
    bug: 'dots and brackets are read as underscores',
    edits: [
      [
        'bindings/channel.ts',
        'return this.#ring.current.open(this.#carrier.headerOf(received))',
        "return this.#ring.current.open(this.#carrier.headerOf(received).replace(/[.[]_|_[.[]|\\.\\./g, '__'))",
      ],
    ],
    tests: [SPOOFS],
  },
  {
    ids: ['§2.2'],
    bug: 'the core compares names without their case',
    edits: [
      [
        'core/cookie.ts',
        'if (load<u8>(left + i) !== load<u8>(right + i)) return false',
        'if ((load<u8>(left + i) | 0x20) !== (load<u8>(right + i) | 0x20)) return false',
      ],
    ],
    tests: [SPOOFS, RULES],
  },
  {
    ids: ['CVE-2023-23934', '§2.3'],
    bug: 'the value of a cookie without a name is read as a cookie',
    edits: [
      [
        'core/cookie.ts',
        'load<u8>(before - 1) === SEMICOLON',
        '(load<u8>(before - 1) === SEMICOLON || load<u8>(before - 1) === EQUALS)',
      ],
    ],
    tests: [SPOOFS],
  },
  {
    ids: ['CVE-2016-7401', '§2.3'],
    bug: 'a comma begins a pair',
    edits: [
      [
        'core/cookie.ts',
        'load<u8>(before - 1) === SEMICOLON',
        '(load<u8>(before - 1) === SEMICOLON || load<u8>(before - 1) === 0x2c)',
      ],
    ],
    tests: [SPOOFS],
  },
  {
    ids: ['§2.4'],
    bug: 'a quote hides the semicolons behind it',
    edits: [
      [
        'bindings/channel.ts',
        'return this.#ring.current.open(this.#carrier.headerOf(received))',
        'return this.#ring.current.open(this.#carrier.headerOf(received).replace(/="[^"]*"/g, "=x"))',
      ],
    ],
    tests: [SPOOFS, RULES],
  },
  {
    ids: ['§2.5'],
    bug: 'code units are cut to their low byte',
    edits: [
      [
        'bindings/codec/wasm.ts',
        'const { read, written } = encoder.encodeInto(text, input)\n    if (read === text.length && written === text.length) return true',
        'for (let i = 0; i < text.length; i++) input[i] = text.charCodeAt(i)\n    const written = text.length\n    if (written >= 0) return true',
      ],
    ],
    tests: [SPOOFS, RULES],
  },
  {
    ids: ['§2.6'],
    bug: 'any number of our cookies is verified',
    edits: [['core/token.ts', 'const MAX_DUPLICATES: i32 = 4', 'const MAX_DUPLICATES: i32 = 4000']],
    tests: [RULES, 'adapters/advisories/denial.test.ts'],
  },
  {
    ids: [
      'CVE-2016-1000232',
      'CVE-2024-7592',
      'CVE-2024-52804',
      'CVE-2025-58186',
      'GO-2025-4012',
      '§2.7',
    ],
    bug: 'a header of any length is looked at',
    edits: [
      ['bindings/codec/wasm.ts', "if (header.length > MAX_HEADER_SIZE) return 'oversize'", ''],
    ],
    tests: ['adapters/advisories/denial.test.ts'],
  },
  {
    ids: ['§2.8', 'B5'],
    bug: 'each place where our name might stand looks back to the start of the header',
    edits: [
      [
        'core/cookie.ts',
        'const before = trimBlanks(header, ptr)',
        'for (let i = header; i < ptr; i++) if (load<u8>(i) === 0) break\n  const before = trimBlanks(header, ptr)',
      ],
    ],
    tests: ['bindings/codec/cookie-attacks.test.ts'],
  },
  {
    ids: ['CVE-2014-4179'],
    bug: 'a header that is not ASCII throws',
    edits: [
      [
        'bindings/codec/wasm.ts',
        'return writeAscii(header) ? openAscii(header) : openOther(header)',
        "if (!writeAscii(header)) throw new Error('bad cookie')\n        return openAscii(header)",
      ],
    ],
    tests: ['adapters/advisories/denial.test.ts', 'bindings/codec/token-header.test.ts'],
  },
  {
    ids: ['§2.9'],
    bug: 'parsed cookies have a prototype',
    edits: [['bindings/cookie.ts', 'Object.setPrototypeOf({}, null)', '({})']],
    tests: [RULES],
  },
  {
    ids: ['§2.10'],
    bug: 'the cookie is not HttpOnly',
    edits: [['bindings/session-cookie.ts', 'httpOnly: true,', 'httpOnly: false,']],
    tests: [LINES, RULES],
  },
  {
    ids: ['§2.10'],
    bug: 'the cookie is not Secure',
    edits: [
      [
        'bindings/session-cookie.ts',
        "name = '__Host-session', secure = true",
        "name = 'session', secure = false",
      ],
    ],
    tests: [LINES, RULES],
  },
  {
    ids: ['§2.10'],
    bug: 'the cookie comes with requests from other sites',
    edits: [['bindings/session-cookie.ts', "sameSite: 'lax',", "sameSite: 'none',"]],
    tests: [LINES, RULES],
  },
  {
    ids: ['CVE-2026-47675', 'GHSA-3hrh-pfw6-9m5x', '§2.11'],
    bug: 'sameSite and priority are written as they come',
    edits: [
      [
        'bindings/cookie.ts',
        'if (!Object.hasOwn(words, lower)) throw invalid(option, value)',
        'if (!Object.hasOwn(words, lower)) return String(value)',
      ],
    ],
    tests: [LINES],
  },
  {
    ids: ['GHSA-5pq2-9x2x-5p6w', '§2.11'],
    bug: 'a path is written as it comes',
    edits: [['bindings/cookie.ts', "if (!PATH.test(path)) throw invalid('path', path)", '']],
    tests: [LINES],
  },
  {
    ids: ['GHSA-5pq2-9x2x-5p6w', '§2.11'],
    bug: 'a domain is written as it comes',
    edits: [
      [
        'bindings/cookie.ts',
        "if (domain.length > MAX_DOMAIN_SIZE || !DOMAIN.test(domain)) throw invalid('domain', domain)",
        '',
      ],
    ],
    tests: [LINES],
  },
  {
    ids: ['GHSA-26pp-8wgv-hjvm', 'CVE-2024-47764', '§2.11'],
    bug: 'a name is written as it comes',
    edits: [
      ['bindings/cookie.ts', 'name.length > 256 || !NAME.test(name)', 'name.length > 256'],
      ['bindings/cookie.ts', "if (!NAME.test(name)) throw invalid('name', name)", ''],
    ],
    tests: [LINES],
  },
  {
    ids: ['§2.11'],
    bug: 'a __Host- name may have any path',
    edits: [
      [
        'bindings/cookie.ts',
        "if (attributes.path !== '/') return 'a __Host- name needs Path=/'",
        '',
      ],
    ],
    tests: [LINES, RULES],
  },
  {
    ids: ['§2.11'],
    bug: 'SameSite=None goes without Secure',
    edits: [
      ['bindings/cookie.ts', "=== 'none' && !secure", "=== 'none' && !secure && name === ''"],
    ],
    tests: [LINES, RULES],
  },
  {
    ids: ['RUSTSEC-2017-0005', '§2.12'],
    bug: 'Max-Age has no limit',
    edits: [
      [
        'bindings/cookie.ts',
        'if (!Number.isSafeInteger(maxAge) || maxAge > MAX_AGE_LIMIT)',
        'if (Number.isNaN(maxAge))',
      ],
    ],
    tests: [LINES],
  },
  {
    ids: ['CVE-2026-34454', '§2.13'],
    bug: 'the cookie is deleted without its attributes',
    edits: [
      [
        'bindings/session-cookie.ts',
        "remove: () => serializeCookie(name, '', { ...attributes, maxAge: 0, expires: new Date(0) }),",
        "remove: () => serializeCookie(name, '', { secure: true, path: '/', maxAge: 0, expires: new Date(0) }),",
      ],
    ],
    tests: [LINES, RULES],
  },
  {
    ids: ['CVE-2023-30861', 'CVE-2014-1418', '§2.14'],
    bug: 'no Vary',
    edits: [['adapters/response.ts', 'addVary(headers, vary)\n', 'void addVary\n']],
    tests: ['adapters/advisories/caches.test.ts'],
  },
  {
    ids: ['§2.14'],
    bug: 'the Vary of the app overrides ours where Node sends the response',
    edits: [['adapters/vary.ts', 'if (missing.length > 0) headers', 'if (said === "") headers']],
    tests: ['adapters/vary.test.ts'],
  },
  {
    ids: ['CVE-2022-24894', '§2.14'],
    bug: 'a response that sets the cookie may be stored',
    edits: [['adapters/response.ts', '    forbidStoring(headers)\n', '']],
    tests: ['adapters/advisories/caches.test.ts'],
  },
  {
    ids: ['§2.14'],
    bug: 'etag() answers with a 304 that lacks the cookie',
    edits: [
      [
        'adapters/response.ts',
        "c.req.header('If-None-Match') !== undefined",
        "c.req.header('If-None-Match') === ''",
      ],
    ],
    tests: ['adapters/etag.test.ts'],
  },
  {
    ids: ['§2.14'],
    bug: 'other Set-Cookie lines are overwritten',
    edits: [
      [
        'adapters/response.ts',
        "headers.append('Set-Cookie', line)",
        "headers.set('Set-Cookie', line)",
      ],
    ],
    tests: ['adapters/header-contract.test.ts'],
  },
  {
    ids: ['§2.15'],
    bug: 'the name of the cookie names the software',
    edits: [
      [
        'bindings/session-cookie.ts',
        "name = '__Host-session', secure",
        "name = '__Host-tuile.sid', secure",
      ],
    ],
    tests: [LINES, RULES],
  },
]
