/** What the server of a storage says of itself that breaks a promise. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError } from './errors.ts'
import { cookieOf, cookieWith, recordedSessions, visit } from './sessions.fixture.ts'
import type { SessionStorage } from './storage/contract.ts'
import { memoryStorage } from './storage/memory.ts'

afterEach(() => void vi.restoreAllMocks())

const settle = () => new Promise((resolve) => setTimeout(resolve))

describe('a storage whose server may drop records', () => {
  it('N08 is an event for each manager and a warning once, and holds up nobody', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    let asked = 0
    const sentence = 'maxmemory-policy is allkeys-lru: it may drop sessions'
    const memory = memoryStorage()
    const client = {}
    const create = (): SessionStorage => ({
      ...memory,
      identity: [client, 'session:'],
      diagnose: async () => {
        asked++
        return [sentence]
      },
    })
    for (let i = 0; i < 3; i++) {
      const { sessions, events } = recordedSessions({ storage: create() })
      await cookieWith(sessions)
      await cookieWith(sessions)
      await settle()
      const told = events.flatMap((event) => (event.type === 'error' ? [event.error] : []))
      expect(told).toEqual([expect.any(ConfigurationError)])
      expect(String(told[0])).toContain(sentence)
    }
    expect(asked).toBe(1)
    expect(warn.mock.calls).toEqual([[`tuile: ${sentence}`]])
  })

  it('N08 is asked again if it could not be asked, and no request fails with it', async () => {
    let asked = 0
    const storage: SessionStorage = {
      ...memoryStorage(),
      diagnose: () => {
        asked++
        return Promise.reject(new Error('down'))
      },
    }
    for (let i = 0; i < 2; i++) {
      const { sessions, events } = recordedSessions({ storage })
      const cookie = cookieOf(await visit(sessions, null, (session) => session.set('x', 1)))
      await settle()
      expect((await sessions.read(cookie)).get('x')).toBe(1)
      expect(events.filter(({ type }) => type === 'error')).toEqual([])
    }
    expect(asked).toBe(2)
  })
})
