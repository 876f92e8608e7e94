import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { rotatingSecrets } from '../bindings/rotating-secrets.ts'
import { SECRET } from '../bindings/sessions.fixture.ts'
import { createSessions } from '../bindings/sessions.ts'
import { memoryStorage } from '../bindings/storage/memory.ts'
import { session } from './hono.ts'

/** An app that counts visits, whose secrets are loaded by a function. */
function appWith(load: () => Promise<string>) {
  const storage = memoryStorage()
  const sessions = createSessions<{ n: number }>({ secrets: rotatingSecrets(load), storage })
  return new Hono().use(session(sessions)).get('/', (c) => {
    c.var.session.update('n', (n = 0) => n + 1)
    return c.text('counted')
  })
}

describe('session() with secrets that are loaded', () => {
  it('waits for the first list', async () => {
    const app = appWith(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return SECRET
    })
    const responses = await Promise.all([app.request('/'), app.request('/')])
    for (const response of responses) {
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toHaveLength(1)
    }
  })

  it('answers 503 where there is none, before the handler runs', async () => {
    const response = await appWith(() => Promise.reject(new Error('the vault is closed'))).request(
      '/'
    )
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('Service Unavailable')
    expect(response.headers.getSetCookie()).toEqual([])
  })
})
