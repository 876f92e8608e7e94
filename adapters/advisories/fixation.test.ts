/**
 * Ids that somebody else chose, and ids from before a sign-in.
 *
 * @module
 */
import { describe, expect, it } from 'vitest'
import { defaultEngine } from '../../bindings/codec/select.ts'
import { createId } from '../../bindings/id.ts'
import { nodeKey, nodeToken } from '../../bindings/codec/keys.fixture.ts'
import { ENDING, NAME, SECRET, SERVERS, Site } from './places.fixture.ts'

describe.each(SERVERS)('an id that comes from outside, %s', (_, storage) => {
  it('D8, CVE-2018-1000519, CVE-2024-38513, §2.26 is not adopted, though its signature is good', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const key = nodeKey(SECRET, NAME)
    const shaped = createId(defaultEngine)
    for (const id of [shaped, 'A'.repeat(24), '', 'short', 'x'.repeat(200)]) {
      const visitor = site.visitor()
      visitor.jar.plant(NAME, nodeToken(key, id))
      const given = await visitor.send((session) => {
        session.set('user', 'ada')
        return session.id
      })
      expect(given).not.toBe(id)
      expect(visitor.jar.value(NAME)).not.toBe(nodeToken(key, id))
      // Who planted it has nothing.
      const attacker = site.visitor()
      attacker.jar.plant(NAME, nodeToken(key, id))
      expect(await attacker.send((session) => session.get('user'))).toBeUndefined()
    }
  })

  it('D8, CVE-2018-1000519, §2.26 of a session that has ended is not adopted either', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const visitor = site.visitor()
    const before = await visitor.send((session) => {
      session.set('x', 1)
      return session.id
    })
    const old = visitor.copy()
    await visitor.send((session) => session.destroy())
    const after = await old.send((session) => {
      session.set('user', 'ada')
      return session.id
    })
    expect(after).not.toBe(before)
  })
})

describe.each(ENDING)('sign-in, %s', (_, storage) => {
  it('CVE-2022-25896, GHSA-73h9-c5xp-gfg4, @fastify/session #240, #348, §2.28 with regenerateId() leaves who planted the cookie outside', async () => {
    const site = new Site({ secrets: SECRET, storage: storage() })
    const attacker = site.visitor()
    await attacker.send((session) => session.set('cart', 1))
    const victim = attacker.copy()
    await victim.send((session) => {
      session.regenerateId()
      session.set('user', 'ada')
    })
    expect(await victim.send((session) => [session.get('user'), session.get('cart')])).toEqual([
      'ada',
      1,
    ])
    // The old record is gone, not only another one made.
    expect(await attacker.send((session) => [session.isNew, session.get('cart')])).toEqual([
      true,
      undefined,
    ])
  })

  it('expressjs/session #425, js/session-fixation, §2.29 an app can renew the id by its age, and the end of the session does not move', async () => {
    const site = new Site({ secrets: SECRET, storage: storage(), lifetime: 3600 })
    const visitor = site.visitor()
    const renew = 60_000
    await visitor.send((session) => session.set('renewedAt', Date.now() - renew - 1))
    const old = visitor.copy()
    const request = () =>
      visitor.send((session) => {
        if (Date.now() - session.get('renewedAt', 0) > renew) {
          session.regenerateId()
          session.set('renewedAt', Date.now())
        }
        return session.id
      })
    const first = await request()
    expect(await request()).toBe(first)
    expect(await old.send((session) => session.isNew)).toBe(true)
  })
})
