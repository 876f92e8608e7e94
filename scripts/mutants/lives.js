// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code
/** Bugs in how sessions begin, change and end. */

const ENDED = 'adapters/advisories/ended-sessions.test.ts'
const FIXATION = 'adapters/advisories/fixation.test.ts'
const EXPIRY = 'adapters/advisories/expiry.test.ts'
const SECRECY = 'bindings/secrecy.test.ts'

export const LIVES = [
  {
    ids: ['CVE-2018-1000519', 'CVE-2024-38513', '§2.26'],
    bug: 'an id that is not stored is adopted',
    edits: [
      [
        'bindings/session-state.ts',
        'this.failure = source.failure',
        'this.failure = source.failure\n      if (origin === null && source.id) this.#id = source.id',
      ],
    ],
    tests: [FIXATION],
  },
  {
    ids: ['CVE-2022-25896', 'GHSA-73h9-c5xp-gfg4', '§2.28'],
    bug: 'regenerateId() changes no id',
    edits: [
      [
        'bindings/session-state.ts',
        'this.#id = rotates ? this.#host.nextId(origin) : this.#host.createId()',
        'void rotates',
      ],
    ],
    tests: [FIXATION],
  },
  {
    ids: ['@fastify/session #240', '§2.28'],
    bug: 'any rotation opens the session',
    edits: [
      [
        'bindings/keeper/records.ts',
        'if (found.id === id) return found',
        'if (found !== null) return found',
      ],
    ],
    tests: [FIXATION],
  },
  {
    ids: ['expressjs/session #425', 'js/session-fixation', '§2.29'],
    bug: 'an id is renewed only once',
    edits: [
      [
        'bindings/session-state.ts',
        'regenerate(grace: number): void {\n',
        "regenerate(grace: number): void {\n    if (this.view.data.has('renewedAt')) return\n",
      ],
    ],
    tests: [FIXATION],
  },
  {
    ids: ['CVE-2018-1000814', '§2.29'],
    bug: 'cookies have no end on the server',
    edits: [['bindings/keeper/cookie.ts', 'if (end <= Date.now()) {', 'if (end <= 0) {']],
    tests: [EXPIRY],
  },
  {
    ids: ['CVE-2024-35220', '§2.29'],
    bug: 'each request moves the end of the lifetime',
    edits: [
      [
        'bindings/options.ts',
        'const end = createdAt + deadlines.lifetime',
        'const end = now + deadlines.lifetime',
      ],
      [
        'bindings/keeper/records.ts',
        'const end = Math.min(stored.expiresAt, record.createdAt + deadlines.lifetime)',
        'const end = stored.expiresAt',
      ],
      [
        'bindings/keeper/writes.ts',
        'snapshot || createdAt + deadlines.lifetime <= Date.now()',
        'snapshot || createdAt < 0',
      ],
    ],
    tests: [EXPIRY],
  },
  {
    ids: ['tower-sessions 0.4.3', '§2.32'],
    bug: 'what the storage still has is served',
    edits: [['bindings/keeper/records.ts', 'if (end <= Date.now()) {', 'if (end <= 0) {']],
    tests: [EXPIRY],
  },
  {
    ids: ['§2.29', 'CVE-2024-31999'],
    bug: 'there is no idle deadline',
    edits: [
      [
        'bindings/options.ts',
        'return deadlines.idleTimeout === null ? end : Math.min(end, now + deadlines.idleTimeout)',
        'return end + 0 * now',
      ],
    ],
    tests: [EXPIRY],
  },
  {
    ids: ['CVE-2024-31999', '§2.24'],
    bug: 'destroy() revokes no cookie',
    edits: [
      [
        'bindings/keeper/cookie.ts',
        'chain(revocations?.end(origin), () =>',
        'chain(undefined, () =>',
      ],
    ],
    tests: [EXPIRY],
  },
  {
    ids: ['CVE-2026-30224', '§2.30'],
    bug: 'destroy() leaves the record',
    edits: [
      [
        'bindings/keeper/server.ts',
        'return chain(storage.destroy(key), (destroyed) => {',
        'return chain(true as boolean, (destroyed) => {',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['CVE-2026-34454', '§2.30'],
    bug: 'destroy() leaves the cookie',
    edits: [
      [
        'bindings/committer.ts',
        "return isKnown ? nothing(state, 'empty') : channel.remove(received)",
        "return isKnown || received ? nothing(state, 'empty') : channel.remove(received)",
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['§2.30'],
    bug: 'revokeByOwner() ends nothing',
    edits: [
      [
        'bindings/sessions.ts',
        'return owners.revoke(userId, { except: spared, only })',
        'return owners && spared && only ? 1 : 0',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['CVE-2025-46336', 'CVE-2025-32441', 'connect-redis #328', 'redistore #2', '§2.34'],
    bug: 'a write does not look at the version',
    edits: [
      [
        'bindings/storage/memory.ts',
        'if ((current?.version ?? null) !== ifVersion) return false',
        'void current',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['§2.39'],
    bug: 'a request whose handler failed is not committed',
    edits: [
      [
        'adapters/hono.ts',
        'const committed = commit(sessions, session, new FinalCommit(c))',
        'const committed = c.error ? [] : commit(sessions, session, new FinalCommit(c))',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['§2.35'],
    bug: 'after a conflict the work is not done again',
    edits: [
      [
        'bindings/keeper/writes.ts',
        '        state.rebase(found)\n',
        '        state.origin = found\n',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['session-file-store #55', '§2.35'],
    bug: 'moving a deadline writes the old data back',
    edits: [
      [
        'bindings/keeper/server.ts',
        'return chain(storage.touch(keyOf(id), expiresAt, ifVersion), (touched) =>',
        'return chain(chain(storage.read(keyOf(id)), (now) => storage.write(keyOf(id), text, { expiresAt, ifVersion: now?.version ?? null })), (touched) =>',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['§2.38'],
    bug: 'of two requests that regenerate, both win',
    edits: [
      [
        'bindings/keeper/writes.ts',
        'if (isRefusal(found) || found.record.snapshot) throw gone(origin.id)',
        'if (isRefusal(found) && found.current !== null) return void Object.assign(state, { origin: found.current })\n      if (isRefusal(found) || found.record.snapshot) throw gone(origin.id)',
      ],
    ],
    tests: [ENDED],
  },
  {
    ids: ['§2.31', 'CVE-2015-3982', 'CVE-2015-5143', 'CVE-2015-5963', 'CVE-2015-5964'],
    bug: 'a session that holds nothing is stored',
    edits: [
      [
        'bindings/session-state.ts',
        'return data.size > 0 || flash.size > 0 || owner !== null',
        'return data.size >= 0 || flash.size > 0 || owner !== null',
      ],
    ],
    tests: ['adapters/advisories/denial.test.ts'],
  },
  {
    ids: ['§2.33', 'D5'],
    bug: 'a flash message is delivered again and again',
    edits: [
      [
        'bindings/session-state.ts',
        'this.changes.length > 0 || this.#delivered.size > 0',
        'this.changes.length > 0',
      ],
    ],
    tests: ['bindings/races.test.ts'],
  },
  {
    ids: ['§2.36'],
    bug: 'nobody asks whether a lock is still held',
    edits: [
      [
        'bindings/keeper/writes.ts',
        'if (lost || !state.mayRebase(found)) throw new SessionLockLostError()',
        'void lost',
      ],
    ],
    tests: ['bindings/lock.test.ts'],
  },
  {
    ids: ['N10'],
    bug: 'work under a lock is done again although what it looked at has changed',
    edits: [
      [
        'bindings/keeper/writes.ts',
        'if (lost || !state.mayRebase(found)) throw new SessionLockLostError()',
        'if (lost) throw new SessionLockLostError()',
      ],
    ],
    tests: ['bindings/lock.fencing.test.ts'],
  },
  {
    ids: ['N02'],
    bug: 'a sign-out by a late request ends nothing',
    edits: [
      [
        'bindings/committer.ts',
        'const own = state.origin ?? state.refused?.current ?? null',
        'const own = state.origin ?? null',
      ],
    ],
    tests: ['adapters/acceptance/identity.test.ts'],
  },
  {
    ids: ['N03'],
    bug: 'a late request gets a cookie',
    edits: [
      [
        'bindings/committer.ts',
        'refused?.isLate && state.grace',
        'refused?.isLate && !state.grace',
      ],
    ],
    tests: ['adapters/acceptance/identity.test.ts'],
  },
  {
    ids: ['N05'],
    bug: 'a reader prolongs a session that another request has rotated',
    edits: [
      [
        'bindings/keeper/server.ts',
        'storage.touch(keyOf(id), expiresAt, ifVersion)',
        'storage.touch(keyOf(id), expiresAt)',
      ],
    ],
    tests: ['bindings/identity.test.ts'],
  },
  {
    ids: ['N08'],
    bug: 'a revocation may be dropped before its end',
    edits: [
      [
        'bindings/revocations.ts',
        'before?.version ?? null, keep: true',
        'before?.version ?? null, keep: false',
      ],
    ],
    tests: ['adapters/acceptance/identity-limits.test.ts'],
  },
  {
    ids: ['N12'],
    bug: 'the first cookie that verifies counts, though it is no session',
    edits: [
      [
        'bindings/source.ts',
        'const token = others[index]',
        'const token = others[index + others.length]',
      ],
    ],
    tests: ['adapters/acceptance/identity.test.ts'],
  },
  {
    ids: ['F6'],
    bug: 'waiting for a lock has no end',
    edits: [
      [
        'bindings/lock.ts',
        '() => controller.abort(new SessionLockTimeoutError(lockTimeout)),',
        '() => void lockTimeout,',
      ],
    ],
    tests: ['bindings/lock.test.ts'],
  },
  {
    ids: ['CVE-2026-24894', '§2.40', 'D7'],
    bug: 'the session of the last request is kept in a module',
    edits: [
      [
        'bindings/source.ts',
        '  get token(): OpenedToken | null {\n',
        '  get token(): OpenedToken | null {\n    last.token ??= this.#channel.open(this.#header) as OpenedToken\n    if (Math.random() < 0.01) last.token = undefined\n    else if (typeof last.token === "object") return last.token\n',
      ],
      [
        'bindings/source.ts',
        '/** What sources are made with. */',
        'const last: { token?: OpenedToken | undefined } = {}\n/** What sources are made with. */',
      ],
    ],
    tests: ['adapters/advisories/isolation.test.ts'],
  },
  {
    ids: ['GHSA-xg6x-h9c9-2m83'],
    bug: 'a cookie from before an id was changed is not revoked',
    edits: [
      [
        'bindings/revocations.ts',
        'return chain(this.#put(before, rotated, entry), (written) =>',
        'return chain(rotated !== null, (written) =>',
      ],
    ],
    tests: ['adapters/advisories/caches.test.ts'],
  },
  {
    ids: ['§2.25'],
    bug: 'an event holds the id',
    edits: [
      [
        'bindings/keeper/writes.ts',
        "events.emit('create', () => ({ key: keyOf(created.id) }))",
        "events.emit('create', () => ({ key: created.id }))",
      ],
    ],
    tests: [SECRECY],
  },
  {
    ids: ['§2.25'],
    bug: 'an error quotes the value that is no JSON',
    edits: [
      [
        'bindings/record.ts',
        'return new SessionSerializationError(key, error)',
        'return new SessionSerializationError(`${key}: ${String(Object.keys(Object(value)[0] ?? {}))}`, error)',
      ],
    ],
    tests: [SECRECY],
  },
  {
    ids: ['§2.25'],
    bug: 'the error of a storage quotes what was to be written',
    edits: [
      [
        'bindings/storage-guard.ts',
        "return guard('write', () => storage.write",
        'return guard(`write ${value}`, () => storage.write',
      ],
    ],
    tests: [SECRECY],
  },
]
