/**
 * The promise of remix about memcache: kept by a driver of three methods around a client.
 *
 * @module
 */
import { Client } from 'memjs'
import { afterAll, expect, it, vi } from 'vitest'
import { fromDriver } from '../../bindings/index.ts'
import { describeService } from '../../bindings/storage/services.fixture.ts'
import { visitorOf } from './jar.fixture.ts'

describeService('MEMCACHED_URL', 'memcache', (url) => {
  const client = Client.create(new URL(url).host, { timeout: 2, retries: 0 })
  afterAll(() => client.close())

  const prefix = `session:${crypto.randomUUID()}:`
  const keys: string[] = []
  const nameOf = (key: string): string => {
    keys.push(key)
    return prefix + key
  }
  const storage = fromDriver({
    async load(key) {
      const { value } = await client.get(nameOf(key))
      return value === null ? null : JSON.parse(value.toString())
    },
    async save(key, record) {
      // More than 30 days in seconds is a date to memcached: seconds since the epoch.
      const expires = Math.ceil(record.expiresAt / 1000)
      await client.set(nameOf(key), JSON.stringify(record), { expires })
    },
    destroy: (key) => client.delete(nameOf(key)),
  })

  it('X31 memcached keeps sessions under hashed keys of at most 250 printable bytes', async () => {
    const visitor = visitorOf({ storage, lifetime: 60 * 86_400 })
    const id = await visitor.send((session) => {
      session.set('name', 'Zoë')
      return session.id
    })
    expect(await visitor.send((session) => session.get('name'))).toBe('Zoë')
    expect(new Set(keys).size).toBe(1)
    expect(prefix + keys[0]).toMatch(/^[!-~]{1,250}$/)
    expect(keys[0]).not.toContain(id)
  })

  it('X31 memcached forgets a session that was destroyed, or whose time is up', async () => {
    const visitor = visitorOf({ storage, lifetime: 1 })
    await visitor.send((session) => session.set('name', 'Zoë'))
    const key = keys.at(-1)!
    expect((await client.get(prefix + key)).value).not.toBeNull()
    // Its clock ticks once a second.
    const forgotten = async () => expect((await client.get(prefix + key)).value).toBeNull()
    await vi.waitFor(forgotten, { timeout: 10_000, interval: 100 })

    await visitor.send((session) => session.set('name', 'Zoë'))
    await visitor.send((session) => session.destroy())
    expect((await client.get(prefix + keys.at(-1))).value).toBeNull()
    expect(await visitor.send((session) => session.get('name'))).toBeUndefined()
  })
})
