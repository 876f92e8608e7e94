// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code
/** Bugs in what is sealed, in who has to prove who they are, and in where requests come from. */

const SEALED = 'bindings/codec/sealed.test.ts'
const CSRF = 'adapters/csrf.test.ts'
const HIBERNATING = 'adapters/sockets/hibernating.test.ts'

export const CHANNELS = [
  {
    ids: ['§2.49'],
    bug: 'copies of one cookie that rotate apart have the same tokens',
    edits: [['adapters/csrf.ts', 'authenticatedAt?.getTime() ?? 0', 'authenticatedAt && 0']],
    tests: [CSRF],
  },
  {
    ids: ['A5'],
    bug: 'the core opens what has another tag',
    edits: [
      ['core/aead.ts', 'crypt(target, ptr, differs ? 0 : len)', 'crypt(target, ptr, len)'],
      ['core/aead.ts', 'return !differs', 'return differs || !differs'],
    ],
    tests: ['bindings/codec/aead.test.ts'],
  },
  {
    ids: ['A5'],
    bug: 'the portable engine compares half of a tag',
    edits: [
      [
        'bindings/codec/portable/aead.ts',
        'for (let i = 0; i < TAG_SIZE; i++) difference |=',
        'for (let i = 0; i < TAG_SIZE / 2; i++) difference |=',
      ],
    ],
    tests: ['bindings/codec/aead.test.ts'],
  },
  {
    ids: ['C9'],
    bug: 'a nonce seals twice',
    edits: [['bindings/codec/portable/sealed.ts', '  noncesLeft--\n', '']],
    tests: [SEALED],
  },
  {
    ids: ['§2.22'],
    bug: 'sessions in cookies can be read',
    edits: [['bindings/storage/cookie.ts', "mode = 'sealed', accept", "mode = 'signed', accept"]],
    tests: ['bindings/sessions.sealed.test.ts'],
  },
  {
    ids: ['N13'],
    bug: 'a signed record opens where records are sealed',
    edits: [
      [
        'bindings/channel.ts',
        "sign: modes.includes('signed') ? 'record' : undefined",
        "sign: modes.length > 0 ? 'record' : undefined",
      ],
    ],
    tests: ['bindings/sessions.sealed.test.ts'],
  },
  {
    ids: ['§2.28'],
    bug: 'authenticate() keeps the id',
    edits: [
      [
        'bindings/session.ts',
        'this.regenerateId(options)\n    this.#state.authenticate()',
        'void options\n    this.#state.authenticate()',
      ],
    ],
    tests: ['bindings/authentication.test.ts'],
  },
  {
    ids: ['§2.49'],
    bug: 'a token against forged requests is good for any session',
    edits: [
      [
        'bindings/csrf-token.ts',
        'opened.text === contentOf(opened.text.slice(0, SALT_SIZE), binding)',
        'opened.text !== contentOf(binding, binding)',
      ],
    ],
    tests: [CSRF],
  },
  {
    ids: ['§2.49'],
    bug: 'a request that says nothing of where it comes from needs no token',
    edits: [
      [
        'adapters/csrf.ts',
        "const needed = token === 'always' || reason === 'unknown'",
        "const needed = token === 'always'",
      ],
    ],
    tests: [CSRF],
  },
  {
    ids: ['§2.16'],
    bug: 'a token against forged requests is signed with the keys of the cookie',
    edits: [
      [
        'bindings/sessions.ts',
        "csrfRing: () => ringOf(cookieName, secrets.list, { sign: 'csrf' }),",
        "csrfRing: () => ringOf(cookieName, secrets.list, { sign: 'id' }),",
      ],
    ],
    tests: [CSRF],
  },
  {
    ids: ['h3 chunk count', '§2.18'],
    bug: 'a cookie in pieces of which one is missing fails the request',
    edits: [
      [
        'bindings/chunked-carrier.ts',
        "pieces.get(part.name) ?? ''",
        'pieces.get(part.name)!.trim()',
      ],
    ],
    tests: ['bindings/chunked-carrier.test.ts'],
  },
  {
    ids: ['express-socket.io-session #9', 'ws #1011', '§2.30'],
    bug: 'a socket does not hear of the end of its session',
    edits: [
      [
        'bindings/live/follower.ts',
        'else this.#end(watched, news.reason)',
        'else if (watched === null) this.#end(watched, news.reason)',
      ],
    ],
    tests: ['adapters/advisories/sockets.test.ts'],
  },
  {
    ids: ['socket.io #586'],
    bug: 'a socket does not hear of a new id',
    edits: [
      [
        'bindings/live/follower.ts',
        'if (watch.watched === null || watch.knownId === id) continue',
        'if (watch.watched === null || id) continue',
      ],
    ],
    tests: ['adapters/advisories/sockets.test.ts'],
  },
  {
    ids: ['§2.50'],
    bug: 'a page of any origin opens a socket',
    edits: [['adapters/sockets/origin.ts', 'own.origin === origin &&', 'own.origin !== origin ||']],
    tests: ['adapters/websocket.test.ts'],
  },
  {
    ids: ['§2.50'],
    bug: 'a request of another site that has no Origin opens a socket',
    edits: [
      [
        'adapters/sockets/origin.ts',
        "return !fetchSite || fetchSite === 'same-origin' || fetchSite === 'none'",
        "return !fetchSite || fetchSite !== ''",
      ],
    ],
    tests: ['adapters/websocket.test.ts'],
  },
  {
    ids: ['§2.50'],
    bug: 'an object leaves the sockets of an older id open',
    edits: [
      [
        'adapters/sockets/hibernating/object-sockets.ts',
        'else this.#call(() => closeRotated(ws))',
        'else void closeRotated',
      ],
    ],
    tests: [HIBERNATING],
  },
  {
    ids: ['N06'],
    bug: 'a client that was faster than its new cookie is never asked to come again',
    edits: [
      [
        'adapters/sockets/bound-socket.ts',
        'this.#isLate = handshake.isLate',
        'this.#isLate = false',
      ],
    ],
    tests: ['adapters/websocket.test.ts', 'adapters/socket.io.test.ts'],
  },
  {
    ids: ['N06'],
    bug: 'a socket that is required to have a session is refused when it comes too early',
    edits: [['adapters/websocket.ts', 'if (!handshake.isLate) throw', 'if (handshake) throw']],
    tests: ['adapters/websocket.test.ts'],
  },
  {
    ids: ['N07'],
    bug: 'a client id gives a socket the session that its client has',
    edits: [
      [
        'adapters/socket.io.ts',
        'const handshake = await this.sessions.recognize(cookie, { plain, header })',
        'let handshake = await this.sessions.recognize(cookie, { plain, header })\n    if (handshake.id === null && clientId !== null) handshake = { id: (await this.getSessionId(clientId)) ?? null, isLate: false }',
      ],
    ],
    tests: ['adapters/acceptance/identity-limits.test.ts'],
  },
  {
    ids: ['§2.50'],
    bug: 'what nobody told is never looked up',
    edits: [
      [
        'adapters/sockets/hibernating/object-sockets.ts',
        'if (found === null) this.#end(ws',
        'if (found === null && !ws) this.#end(ws',
      ],
    ],
    tests: [HIBERNATING],
  },
]
