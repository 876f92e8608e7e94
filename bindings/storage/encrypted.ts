/**
 * Sessions encrypted before another storage sees them.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'
import { importRawKey, prepareKey } from './encrypted/key.ts'
import { createAliases, type Aliases } from './encrypted/aliases.ts'
import { createCipher, type Cipher } from './encrypted/cipher.ts'
import type { CookieStorage, LockOptions, OwnerIndex, SessionStorage } from './contract.ts'

export { importRawKey }

/** The options of `encryptedStorage`. */
export interface EncryptedStorageOptions {
  /**
   * Whether the records are encrypted too, not only the keys that they are stored under.
   *
   * @default true
   */
  readonly values?: boolean
}

/**
 * Encrypts what another storage keeps, with AES-GCM by WebCrypto. Who has a copy of the store, but not
 * the key, can neither read a session nor tell whose it is, and a record that was changed, or put
 * under another key, is no session.
 *
 * - The records, with `values: true`: a fresh nonce of 96 random bits each time, and bound to the key
 *   that they are stored under. One that does not decrypt is refused with a `reject` event, `corrupt`.
 * - The keys, always. A storage sees an alias instead, made with a key derived from yours; so with
 *   `values: false` the records can be read and searched, but not matched to a cookie or an id.
 *
 * What the cookie holds is a signed random id, as ever. Versions and ends are not hidden. Locks, owners,
 * touching and sweeping are those of the other storage. With another key, or other `values`, earlier
 * sessions are gone; a key is good for 2^32 writes (NIST SP 800-38D §8.3).
 *
 * @param key 16, 24 or 32 bytes for AES-128, -192 or -256: as base64, as bytes, or as a `CryptoKey` that
 * may encrypt and decrypt. `npx tuile keygen` makes one.
 * @throws ConfigurationError if the key is missing or has another size or use, or the storage is
 * `cookieStorage()`.
 *
 * @example
 * ```ts
 * import { createSessions, memoryStorage } from 'tuile'
 * import { encryptedStorage } from 'tuile/storage/encrypted'
 *
 * const key = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' // process.env.SESSION_KEY
 * const sessions = createSessions({ storage: encryptedStorage(memoryStorage(), key), secrets })
 *
 * const session = await sessions.read(null)
 * session.set('userId', 42)
 * const [cookie] = await sessions.commit(session)
 * assert.equal((await sessions.read(cookie)).get('userId'), 42)
 * ```
 */
export function encryptedStorage(
  storage: SessionStorage | CookieStorage,
  key: string | Uint8Array | CryptoKey,
  options: EncryptedStorageOptions = {}
): SessionStorage {
  if ('stateless' in storage) {
    throw new ConfigurationError(
      'encryptedStorage encrypts what a server keeps; a cookie has to be sealed by cookieStorage ' +
        'itself, which cannot do that yet'
    )
  }
  const { values = true } = options
  const importKey = prepareKey(key)

  // The keys, not the promise of them: on Workers a promise belongs to the request that made it.
  let tools: (Cipher & Aliases) | undefined
  const open = async (): Promise<Cipher & Aliases> => {
    if (tools === undefined) {
      const aesKey = await importKey()
      tools = { ...createCipher(aesKey), ...(await createAliases(aesKey)) }
    }
    return tools
  }
  const aliasOf = async (key: string): Promise<string> => (await open()).aliasOf(key)

  const { touch, sweep, lock, owners, diagnose, close, volatile } = storage
  return {
    atomic: storage.atomic === true,
    consistency: storage.consistency ?? 'strong',
    identity: storage.identity ?? [storage, ''],
    ...(volatile && { volatile }),

    async read(key, options) {
      const record = await storage.read(await aliasOf(key), options)
      if (record === null || !values) return record
      // An empty text is no record: the manager gives a new session, and tells `corrupt`.
      return { ...record, value: (await (await open()).decrypt(record.value, key)) ?? '' }
    },

    async write(key, value, options) {
      const text = values ? await (await open()).encrypt(value, key) : value
      return storage.write(await aliasOf(key), text, options)
    },

    destroy: async (key) => storage.destroy(await aliasOf(key)),

    ...(touch && {
      touch: async (key: string, expiresAt: number, ifVersion?: number) =>
        touch.call(storage, await aliasOf(key), expiresAt, ifVersion),
    }),
    ...(lock && {
      lock: async (key: string, options: LockOptions) =>
        lock.call(storage, await aliasOf(key), options),
    }),
    ...(sweep && { sweep: (limit: number) => sweep.call(storage, limit) }),
    ...(diagnose && { diagnose: () => diagnose.call(storage) }),
    ...(close && { close: () => close.call(storage) }),
    ...(owners && { owners: encryptOwners(owners, open) }),
  }
}

/** The index under aliases of owners and keys, which come back as the keys that they were. */
function encryptOwners(owners: OwnerIndex, open: () => Promise<Aliases>): OwnerIndex {
  return {
    async add(owner, key, expiresAt) {
      const { aliasOf } = await open()
      return owners.add(await aliasOf(owner), await aliasOf(key), expiresAt)
    },
    async remove(owner, key) {
      const { aliasOf } = await open()
      return owners.remove(await aliasOf(owner), await aliasOf(key))
    },
    async keys(owner) {
      const { aliasOf, keyOf } = await open()
      return Promise.all((await owners.keys(await aliasOf(owner))).map(keyOf))
    },
    ...(owners.gaps && { gaps: () => owners.gaps!() }),
  }
}
