/**
 * What a storage guarantees, by what it says of itself.
 *
 * @module
 */
import type { CookieStorage, SessionStorage } from '../../bindings/storage/contract.ts'
import { type Finding, findingsOf } from './findings.ts'

function checkStateless(storage: CookieStorage): Finding[] {
  const { list, add } = findingsOf('storage')
  if (storage.mode === 'signed') {
    add('warning', 'Sessions are in signed cookies, which their users can read. Seal them')
  } else add('ok', 'Sessions are in sealed cookies')
  if (storage.revocations === undefined) {
    add(
      'warning',
      'A cookie that somebody copied is good until its lifetime ends, also after sign-out. Give ' +
        'cookieStorage({ revocations }) a place, or keep sessions on a server'
    )
  } else list.push(...checkStorage(storage.revocations))
  return list
}

/** Checks a storage. */
export function checkStorage(storage: SessionStorage | CookieStorage): Finding[] {
  if ('stateless' in storage) return checkStateless(storage)
  const { list, add } = findingsOf('storage')
  if (storage.volatile) {
    add('problem', 'It is the memory of one process: sessions end with it, and no other sees them')
  }
  if (storage.atomic) add('ok', 'Writes are atomic: parallel requests lose nothing')
  else add('warning', 'Writes are not atomic: the later of two parallel requests wins')
  if (storage.consistency === 'eventual') {
    add('warning', 'Reads may be old: a session that was ended works on elsewhere for a while')
  }
  if (!storage.lock)
    add('warning', 'It has no locks: the option lock holds within one process only')
  if (!storage.owners) add('warning', 'It keeps no owners: a user cannot be signed out everywhere')
  if (storage.sweep) {
    add('ok', 'It has to be swept: call sessions.startSweeping(), or set sweepProbability')
  }
  return list
}

/** Asks a storage which settings of its server break a promise. */
export async function checkServer(storage: SessionStorage | CookieStorage): Promise<Finding[]> {
  const server = 'stateless' in storage ? storage.revocations : storage
  const { list, add } = findingsOf('storage')
  for (const sentence of (await server?.diagnose?.()) ?? []) add('problem', sentence)
  return list
}
