import { describe, expect, it } from 'vitest'
import { engines } from './codec/engines.fixture.ts'
import { nodeKey, nodeToken } from './codec/keys.fixture.ts'
import { checkSecrets, deriveKeys } from './keyring.ts'
import { cookieOf, recordedSessions, visit } from './sessions.fixture.ts'
import type { Sessions } from './sessions.ts'
import { memoryStorage } from './storage/memory.ts'

const NAME = '__Host-session'
const HISTORIES = 1000
/** Fewer where each step is two requests. */
const SESSION_HISTORIES = 200
const LISTS = 6
const SECRETS = Array.from({ length: 6 }, (_, i) => `secret ${i}: more than 32 bytes, for nobody`)

/** Numbers from 0 to below a bound: the same on every run (mulberry32). */
function createRandom(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound
  }
}

/** Lists of secrets that follow each other, each any one to four in any order, the newest first. */
function historyOf(number: number): string[][] {
  const random = createRandom(number)
  return Array.from({ length: LISTS }, () => {
    const rest = [...SECRETS]
    const size = 1 + Math.floor(random(4))
    return Array.from({ length: size }, () => rest.splice(Math.floor(random(rest.length)), 1)[0]!)
  })
}

const histories = Array.from({ length: HISTORIES }, (_, i) => historyOf(i))

describe('histories of secrets', () => {
  it.each(engines)('C4 1,000 histories of keys, tokens on $name', (engine) => {
    const keys = new Map(
      SECRETS.map((secret) => [secret, deriveKeys(engine, checkSecrets(secret), 'id', NAME)[0]!])
    )
    const tokens = new Map(
      SECRETS.map((secret) => [secret, nodeToken(nodeKey(secret, NAME), 'an-id')])
    )
    const counts = { accepted: 0, refused: 0, reissued: 0 }
    for (const history of histories) {
      let signer = history[0]![0]!
      let token = tokens.get(signer)!
      for (const list of history) {
        const ring = engine.createRing(
          NAME,
          list.map((secret) => keys.get(secret)!)
        )
        const opened = ring.open(`${NAME}=${token}`)
        const place = list.indexOf(signer)
        if (place === -1) {
          expect(['unknown-key', 'bad-signature']).toContain(opened)
          counts.refused++
        } else {
          expect(opened).toEqual({ format: 'T', text: 'an-id', keyIndex: place })
          counts.accepted++
          if (place > 0) counts.reissued++
        }
        // The first key signs: as node:crypto would with it, and to be found in the first place.
        signer = list[0]!
        token = ring.signText('an-id', 'T')
        expect(token).toBe(tokens.get(signer))
        expect(ring.open(`${NAME}=${token}`)).toMatchObject({ keyIndex: 0 })
      }
    }
    expect(counts.accepted + counts.refused).toBe(HISTORIES * LISTS)
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(HISTORIES)
  })

  it.each(['cookie', 'memory'])(
    'C4 200 histories of secrets, sessions in a storage of %s',
    async (kind) => {
      const ofOne = new Map<string, Sessions>()
      const storage = kind === 'memory' ? memoryStorage() : undefined
      const shared = storage && { storage }
      for (const secret of SECRETS) {
        ofOne.set(secret, recordedSessions({ secrets: secret, ...shared }).sessions)
      }
      let list: string[] = histories[0]![0]!
      const { sessions } = recordedSessions({ secrets: () => list, ...shared })
      const counts = { kept: 0, lost: 0, reissued: 0 }

      for (const [number, history] of histories.slice(0, SESSION_HISTORIES).entries()) {
        let signer: string | null = null
        let cookie: string | null = null
        for (const next of history) {
          list = next
          let lines = await visit(sessions, cookie, (session) => {
            const known = signer !== null && list.includes(signer)
            expect(session.isNew).toBe(!known)
            if (known) expect(session.get('number')).toBe(number)
            else session.set('number', number)
            if (signer !== null) counts[known ? 'kept' : 'lost']++
          })
          // A cookie comes for a new session, or once if an older secret has signed it.
          expect(lines).toHaveLength(signer === list[0] ? 0 : 1)
          if (lines.length > 0) cookie = cookieOf(lines)
          if (signer !== null && signer !== list[0] && list.includes(signer)) counts.reissued++
          lines = await visit(sessions, cookie, (session) => session.get('number'))
          expect(lines).toEqual([])
          signer = list[0]!
          expect((await ofOne.get(signer)!.read(cookie)).isNew).toBe(false)
        }
      }
      expect(counts.kept + counts.lost).toBe(SESSION_HISTORIES * (LISTS - 1))
      for (const count of Object.values(counts)) {
        expect(count).toBeGreaterThan(SESSION_HISTORIES)
      }
    }
  )
})
