/**
 * The contract of storages. All logic is above it: a storage keeps text under keys until a deadline.
 *
 * @module
 */
import type { Awaitable } from '../awaitable.ts'

/** What a storage keeps under a key. */
export interface StoredRecord {
  /** The text that was written. */
  readonly value: string
  /** 1 for the first write of a key, one more with each further one; `touch` does not count. */
  readonly version: number
  /** When the record ends, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/** How to wait for a lock. */
export interface LockOptions {
  /** Milliseconds after which the lock is free again, should its holder be gone. */
  readonly ttl: number
  /** Ends the wait: the call rejects with the signal's reason, and leaves no place in the queue. */
  readonly signal: AbortSignal
}

/** A lock that is held. Only its holder can extend or release it. */
export interface StorageLock {
  /** Keeps the lock for `ttl` more milliseconds from now; `false` if it is ours no more. */
  extend(ttl: number): Awaitable<boolean>
  /** Gives the lock to who waits longest. One that is ours no more is no error. */
  release(): Awaitable<unknown>
}

/**
 * Which records belong to whom: an index that the manager keeps beside the records.
 *
 * An entry is added before its record is written and says only that the record may be there, so an
 * index need not be atomic with the records. Owners are 43 characters of base64url, never a user's id.
 */
export interface OwnerIndex {
  /**
   * Adds a record's key to an owner until a deadline, in milliseconds since the epoch; adding it again
   * moves the deadline. An index that knows how many keys the owner has now may return that number.
   */
  add(owner: string, key: string, expiresAt: number): Awaitable<unknown>
  /** Takes a key from an owner. One that is not there is no error. */
  remove(owner: string, key: string): Awaitable<unknown>
  /** The keys of an owner whose deadline is not past, in no order. */
  keys(owner: string): Awaitable<string[]>
  /**
   * Why keys may be missing, as a sentence: a server that drops entries when it is full. `null` if none
   * can be. Without this method none is.
   */
  gaps?(): Awaitable<string | null>
}

/** How to read. */
export interface ReadRecordOptions {
  /**
   * Whether to ask past all copies that may be behind, where there are any: the id that came is not the one
   * of the copy.
   *
   * @default false
   */
  readonly fresh?: boolean
}

/** How to write. */
export interface WriteOptions {
  /** When the record ends, in milliseconds since the epoch. A time that is past ends it at once. */
  readonly expiresAt: number
  /** `null`: there must be no record yet. A number: the record must still have this version. */
  readonly ifVersion: number | null
  /**
   * Whether the record must not be lost before `expiresAt`, as a revocation must not. A storage that
   * drops records when it is full keeps this one, or throws.
   *
   * @default false
   */
  readonly keep?: boolean
}

/**
 * What a storage is made of: its client, namespace or driver, or the path of its directory, and a name
 * within that, such as the prefix of its keys.
 */
export type StorageIdentity = readonly [root: object | string, name: string]

/**
 * A place where sessions are kept on the server.
 *
 * Three methods are enough. Each may return its result or a promise of it. They reject, or throw, for
 * failures of the system alone: a record that is not there is no error anywhere. Keys are 43
 * characters of base64url and never an id.
 */
export interface SessionStorage {
  /** The record of a key, or `null` if there is none or it has ended. */
  read(key: string, options?: ReadRecordOptions): Awaitable<StoredRecord | null>
  /**
   * Writes a record if the condition holds, in one step that no other write can come between.
   *
   * `false` says that the condition did not hold and nothing was written. A record that has ended
   * counts as none.
   */
  write(key: string, value: string, options: WriteOptions): Awaitable<boolean>
  /** Removes a record; `false` if it knows that there was none, which is not an error. */
  destroy(key: string): Awaitable<unknown>
  /**
   * Moves the end of a record, in milliseconds since the epoch, without rewriting its text. With
   * `ifVersion`, only if the record still has that version. `false` if nothing was moved: there is no
   * such record. Without this method the manager writes the same text again.
   */
  touch?(key: string, expiresAt: number, ifVersion?: number): Awaitable<unknown>
  /** Removes records that have ended, at most `limit` of them, and says how many. */
  sweep?(limit: number): Awaitable<number>
  /**
   * Waits for the lock of a key, in the order of asking and without asking again and again, across
   * all processes that share the storage. Without this method the manager locks within its process.
   */
  lock?(key: string, options: LockOptions): Awaitable<StorageLock>
  /** Which records belong to whom. Without it, sessions of this storage have no owners. */
  readonly owners?: OwnerIndex
  /**
   * What this storage is made of. Storages of one identity share their queues within the process, so
   * that a storage object made for each request still locks. Without it, each object has its own.
   */
  readonly identity?: StorageIdentity
  /**
   * The settings of its server that break a promise, one sentence each; an empty list if there are
   * none, or the server does not say. The manager asks once and reports each as an `error` event and a
   * warning.
   */
  diagnose?(): Awaitable<readonly string[]>
  /** Gives back what the storage holds, such as connections. */
  close?(): Awaitable<unknown>
  /**
   * Whether `write` is one step: no other write can come between its check and its effect.
   *
   * @default false
   */
  readonly atomic?: boolean
  /**
   * Whether a read sees every write before it (`strong`), or may lag behind (`eventual`).
   *
   * @default 'strong'
   */
  readonly consistency?: 'strong' | 'eventual'
  /**
   * Whether all methods return results, never promises. Sessions of such a storage are loaded at the
   * first access, and a route that does not touch its session costs nothing.
   *
   * @default false
   */
  readonly sync?: boolean
  /**
   * Whether the records end with the process. In production a warning says so.
   *
   * @default false
   */
  readonly volatile?: boolean
}

/** The storage without a server: the whole record is in the cookie. Made by `cookieStorage()`. */
export interface CookieStorage {
  /** Tells this from a `SessionStorage`. */
  readonly stateless: true
  /** How the record is protected: `sealed`, nobody can read or change it; `signed`, anyone can read it. */
  readonly mode: 'sealed' | 'signed'
  /** The modes of records that are accepted besides. Without it, those of `mode` alone. */
  readonly accept?: readonly ('sealed' | 'signed')[]
  /** Where it is kept which sessions have ended, if anywhere. */
  readonly revocations?: SessionStorage | undefined
}
