import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSessions } from '../bindings/sessions.ts'
import {
  currentSession,
  maybeCurrentSession,
  runWithSession,
  sessionContext,
  sessionFacade,
} from './context.ts'
import { session } from './hono.ts'

const secrets = 'context: a secret of more than 32 bytes'

describe('tuile/context', () => {
  afterEach(() => {
    vi.doUnmock('node:async_hooks')
    vi.resetModules()
  })

  it('the current session is the one of the context, getters and setters included', async () => {
    const current = sessionFacade<{ x: number }>()
    const app = new Hono().use(session({ secrets }), sessionContext()).get('/', (c) => {
      expect(currentSession()).toBe(c.var.session)
      current.set('x', 1)
      expect([current.isNew, current.dirty, current.id]).toEqual([true, true, c.var.session.id])
      expect('get' in current).toBe(true)
      expect(() => {
        current.owner = 'ada' // reaches the real setter, which says what the cookie storage lacks
      }).toThrow(/revocations/)
      return c.text(`${c.var.session.get('x')}`)
    })
    expect(await (await app.request('/')).text()).toBe('1')
    expect(maybeCurrentSession()).toBeUndefined()
  })

  it('takes the variable of a session that has another name', async () => {
    const app = new Hono()
      .use(session({ secrets }, { variable: 'visitor' }), sessionContext('visitor'))
      .get('/', (c) => c.text(`${currentSession() === c.var.visitor}`))
    expect(await (await app.request('/')).text()).toBe('true')
  })

  it('without the session middleware before it, says so', async () => {
    const errors: Error[] = []
    const app = new Hono().use(sessionContext()).onError((error, c) => {
      errors.push(error)
      return c.text('failed', 500)
    })
    await app.request('/')
    expect(errors[0]?.message).toMatch(/mount session\(\) before sessionContext\(\)/)
  })

  it('inner sessions hide outer ones, for as long as they run', async () => {
    const sessions = createSessions({ secrets })
    const [outer, inner] = [sessions.defer(null), sessions.defer(null)]
    await runWithSession(outer, async () => {
      await runWithSession(inner, () => expect(currentSession()).toBe(inner))
      expect(currentSession()).toBe(outer)
    })
  })

  it('where there is no node:async_hooks it can be imported, and names the flags when used', async () => {
    vi.resetModules()
    vi.doMock('node:async_hooks', () => {
      throw new Error('No such module "node:async_hooks"')
    })
    const context = await import('./context.ts')
    expect(context.maybeCurrentSession()).toBeUndefined()
    const work = context.runWithSession(createSessions({ secrets }).defer(null), () => 1)
    await expect(work).rejects.toThrow(/nodejs_als or nodejs_compat/)
  })
})
