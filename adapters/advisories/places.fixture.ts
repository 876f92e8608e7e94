/**
 * What the tests of advisories share: one app, kept in each place that needs no server.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { remoteStorage } from '../../bindings/sessions.fixture.ts'
import type { CookieStorage, SessionStorage } from '../../bindings/storage/contract.ts'
import { cookieStorage } from '../../bindings/storage/cookie.ts'
import { fsStorage } from '../../bindings/storage/fs.ts'
import { memoryStorage } from '../../bindings/storage/memory.ts'

export { Site, Visitor } from '../acceptance/jar.fixture.ts'

/** 44 bytes that are nobody's secret. */
export const SECRET = 'an-advisory-is-a-test-that-nobody-wrote-yet!'

/** The name that cookies have unless they are given another. */
export const NAME = '__Host-session'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone when the tests of the file are. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tuile-advisory-'))
  folders.push(folder)
  return folder
}

/** Storages on a server: at once, after a while, on disk. */
export const SERVERS: readonly (readonly [name: string, create: () => SessionStorage])[] = [
  ['memory', () => memoryStorage()],
  ['remote', () => remoteStorage(0)],
  ['fs', () => fsStorage(temporaryFolder())],
]

/** Where the end of a session is known to all: on a server, or in the cookie with revocations. */
export const ENDING: readonly (readonly [
  name: string,
  create: () => SessionStorage | CookieStorage,
])[] = [
  ...SERVERS,
  ['cookie with revocations', () => cookieStorage({ revocations: memoryStorage() })],
]

/** Every place. */
export const PLACES: typeof ENDING = [...ENDING, ['cookie', () => cookieStorage()]]
