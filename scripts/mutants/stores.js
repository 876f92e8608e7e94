// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code
/** Bugs in what a store is asked for, and in what becomes of its failures. */

const ADVISORIES = 'adapters/advisories/stores.test.ts'
const DENIAL = 'adapters/advisories/denial.test.ts'
const OUTAGE = 'adapters/advisories/outage.test.ts'

export const STORES = [
  {
    ids: ['CVE-2019-16782', '§2.25'],
    bug: 'the store is asked for the id itself',
    edits: [
      [
        'bindings/id.ts',
        'return engine.sha256Text(sessionKeyOf(id))',
        'return engine ? sessionKeyOf(id) : id',
      ],
    ],
    tests: [ADVISORIES, 'bindings/id.test.ts'],
  },
  {
    ids: ['CVE-2019-16782', '§2.25'],
    bug: 'the snapshot of a grace is under the id itself',
    edits: [['bindings/id.ts', 'return engine.sha256Text(id)', 'return engine ? id : id']],
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2025-61686', 'GHSA-9583-h5hc-x8cw', 'GO-2024-2730', 'CVE-2011-0698', '§2.41'],
    bug: 'an id of any shape is asked for as it is',
    edits: [
      ['bindings/id.ts', 'return engine.sha256Text(sessionKeyOf(id))', 'return engine ? id : id'],
      [
        'bindings/keeper/records.ts',
        "(format === 'T' || format === 't') && text.length === ID_SIZE ? text : null",
        "format === 'T' || format === 't' ? text : null",
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['§2.41', 'E1'],
    bug: 'the name of a file is the key',
    edits: [
      [
        'bindings/storage/fs.ts',
        "return createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex')",
        "return key || createHash('sha256').digest('hex')",
      ],
    ],
    tests: ['bindings/storage/fs.test.ts'],
  },
  {
    ids: ['§2.41'],
    bug: 'anyone may read the files',
    edits: [['bindings/storage/fs/files.ts', "open(path, 'wx', 0o600)", "open(path, 'wx', 0o644)"]],
    tests: [ADVISORIES],
  },
  {
    ids: ['session-file-store #41', 'session-file-store #41, #51, #58, #69', 'G4'],
    bug: 'a rename that is in the way for a moment fails',
    edits: [['bindings/storage/fs/files.ts', "new Set(['EPERM', 'EBUSY'])", 'new Set<string>()']],
    tests: ['bindings/storage/fs.faults.test.ts'],
  },
  {
    ids: ['session-file-store #32', 'G5'],
    bug: 'a file that is not whole is read',
    edits: [
      [
        'bindings/storage/fs/records.ts',
        'return seal(folder, version, value) === text ? value : null',
        'return seal(folder, version, value) ? value : null',
      ],
    ],
    tests: ['bindings/storage/fs.test.ts'],
  },
  {
    ids: ['session-file-store #21', 'G2'],
    bug: 'a head is named before its text is written',
    edits: [
      [
        'bindings/storage/fs/records.ts',
        '      if (!(await writeNew(path, text))) return false\n      if (this.#durable) await syncFolder(folder)\n      named = await this.#cells.change(folder, from, to)',
        '      named = await this.#cells.change(folder, from, to)\n      if (named && !(await writeNew(path, text))) return false',
      ],
    ],
    tests: ['bindings/storage/fs.processes.test.ts'],
  },
  {
    ids: ['CVE-2011-4136', '§2.42'],
    bug: 'sessions have no prefix of their own',
    edits: [
      [
        'bindings/storage/unstorage.ts',
        '`${prefix}:record:${partOf(key)}`',
        '`app:record:${prefix && partOf(key)}`',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2011-4136', '§2.42'],
    bug: 'a record is written without its end',
    edits: [
      [
        'bindings/storage/kv/workers.ts',
        'await namespace.put(nameOf(key), value, { expirationTtl, metadata })',
        'await namespace.put(nameOf(key), value, { metadata, expirationTtl: expirationTtl && (undefined as never) })',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['tower-sessions 0.12', '#181', '#188', '§2.27'],
    bug: 'a new session takes the place of one with its id',
    edits: [
      [
        'bindings/storage/memory.ts',
        'if ((current?.version ?? null) !== ifVersion) return false',
        'if (ifVersion !== null && (current?.version ?? null) !== ifVersion) return false',
      ],
    ],
    tests: [ADVISORIES],
  },
  {
    ids: ['CVE-2024-36400', 'RUSTSEC-2024-0343', '§2.26'],
    bug: 'bits of an id are fixed',
    edits: [
      [
        'bindings/id.ts',
        'crypto.getRandomValues(new Uint8Array(bytes))',
        'crypto.getRandomValues(new Uint8Array(bytes)).map((byte) => byte & 0x7f)',
      ],
    ],
    tests: [ADVISORIES, 'bindings/id.test.ts'],
  },
  {
    ids: ['CVE-2016-4423', 'CVE-2018-11386', '§2.44'],
    bug: 'a record may have any size',
    edits: [['bindings/keeper/writes.ts', 'checkSize(record, text)\n', '\n']],
    tests: [DENIAL],
  },
  {
    ids: ['§2.44'],
    bug: '__proto__ is assigned, not defined',
    edits: [
      [
        'bindings/record.ts',
        'text.d = Object.fromEntries(record.data)',
        'for (const [key, value] of record.data) (text.d ??= {})[key] = value',
      ],
    ],
    tests: [DENIAL, 'bindings/record.test.ts'],
  },
  {
    ids: ['§2.43'],
    bug: 'a record that is no JSON throws',
    edits: [
      [
        'bindings/record.ts',
        'parsed = JSON.parse(text)\n  } catch {\n    return null\n  }',
        'parsed = JSON.parse(text)\n  } catch (error) {\n    throw error\n  }',
      ],
    ],
    tests: [OUTAGE],
  },
  {
    ids: ['express-session #284', 'node-red #1434', '§2.48'],
    bug: 'memory has no cap, and keeps what has ended',
    edits: [
      ['bindings/storage/memory/records.ts', 'if (this.size >= this.#max) this.#makeRoom()', ''],
      ['bindings/storage/memory.ts', 'records.dropEnded(SWEEP_PER_WRITE, SWEEP_PER_WRITE)', ''],
    ],
    tests: [DENIAL],
  },
  {
    ids: ['express-session #99', 'connect-redis #88', 'sessionstore #49', '§2.45'],
    bug: 'a store that fails gives an empty session',
    edits: [
      [
        'bindings/source.ts',
        'if (!emptyOnError && this.#explanation === null) return this.#find(token)',
        '',
      ],
      [
        'bindings/source.ts',
        'if (!emptyOnError) return watched(this.#explanation, open)',
        'void emptyOnError',
      ],
    ],
    tests: [OUTAGE],
  },
  {
    ids: ['§2.45', 'connect-redis #88'],
    bug: 'a store that does not answer is waited for',
    edits: [
      [
        'bindings/storage-guard.ts',
        'if (limit !== Infinity) return within(operation, limit, answer)',
        'void within',
      ],
    ],
    tests: [OUTAGE],
  },
  {
    ids: ['CVE-2023-28858', 'CVE-2023-28859', '§2.45'],
    bug: 'the answer that came too late goes to the next request',
    edits: [
      [
        'bindings/storage-guard.ts',
        "read: (key, options) => guard('read', () => storage.read(key, options)),",
        `read: (key, options) => {
      const mine = left ?? storage.read(key, options)
      left = undefined
      const read = guard('read', () => mine)
      if (isPromise(read)) read.catch(() => (left = mine))
      return read
    },`,
      ],
      [
        'bindings/storage-guard.ts',
        'const { touch, sweep, lock, owners } = storage',
        'let left: ReturnType<SessionStorage["read"]> | undefined\n  const { touch, sweep, lock, owners } = storage',
      ],
    ],
    tests: ['adapters/advisories/isolation.test.ts'],
  },
  {
    ids: ['§2.46'],
    bug: 'all processes sweep at once',
    edits: [['bindings/sweeper.ts', 'delay * (1 - Math.random() / 10)', 'delay']],
    tests: ['bindings/sweeper.test.ts'],
  },
  {
    ids: ['§2.47', 'E7'],
    bug: 'Workers KV serves what has ended',
    edits: [
      [
        'bindings/storage/kv/workers.ts',
        'if (value === null || expiresAt <= Date.now()) return null',
        'if (value === null) return null',
      ],
    ],
    tests: ['bindings/storage/kv.test.ts'],
  },
  {
    ids: ['GHSA-xg6x-h9c9-2m83'],
    bug: 'a copy is kept when its record is written',
    edits: [
      [
        'bindings/storage/tiered.ts',
        'else await copies.put(key, { value, version: (ifVersion ?? 0) + 1, expiresAt })',
        '',
      ],
    ],
    tests: ['adapters/advisories/caches.test.ts'],
  },
]
