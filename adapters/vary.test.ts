/** `Vary` behind real servers of Node, where it is left to `writeHead`, and everywhere else. */
import { get as request, type IncomingMessage } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cookieWith } from '../bindings/sessions.fixture.ts'
import { session } from './hono.ts'
import { app, CASES, parent, seen, sessions, SHARED } from './vary.fixture.ts'

type Answer = { status: number; vary: string[]; headers: Record<string, unknown>; body: string }

const splitVary = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(/\s*,\s*/))

const servers: { close(): unknown }[] = []
let cookie = ''

async function listen(createServer?: typeof createHttp2Server): Promise<number> {
  const server = createAdaptorServer({
    fetch: parent.fetch,
    ...(createServer && { createServer: createServer as never }),
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** By HTTP/1.1, every `Vary` line as it came. */
function http1(port: number) {
  return (path: string, method: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        // Not localhost, where a header that explains is added to each response.
        Host: 'a.example',
        Cookie: cookie,
        Origin: 'https://b.example',
        'Accept-Encoding': 'gzip',
      }
      const options = { host: '127.0.0.1', port, path, method, headers, agent: false }
      request(options, async (response: IncomingMessage) => {
        let body = ''
        for await (const chunk of response.setEncoding('latin1')) body += chunk
        const { rawHeaders: raw } = response
        const vary = raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === 'vary')
        const { statusCode: status = 0 } = response
        resolve({ status, vary: splitVary(vary), headers: response.headers, body })
      })
        .on('error', reject)
        .end()
    })
}

function http2(port: number) {
  return (path: string, method: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const client = connect(`http://127.0.0.1:${port}`).on('error', reject)
      const stream = client.request({
        ':path': path,
        ':method': method,
        ':authority': 'a.example',
        cookie,
        origin: 'https://b.example',
        'accept-encoding': 'gzip',
      })
      stream.on('response', async (headers) => {
        let body = ''
        for await (const chunk of stream.setEncoding('latin1')) body += chunk
        client.close()
        const vary = headers.vary === undefined ? [] : [headers.vary].flat()
        resolve({ status: headers[':status'] ?? 0, vary: splitVary(vary), headers, body })
      })
      stream.on('error', reject).end()
    })
}

/** Without a server, so without anything that could be left to one. */
async function inProcess(path: string, method: string): Promise<Answer> {
  const headers = { Cookie: cookie, Origin: 'https://b.example', 'Accept-Encoding': 'gzip' }
  const response = await parent.request(`https://a.example${path}`, { method, headers })
  const vary = response.headers.get('Vary')
  return {
    status: response.status,
    vary: splitVary(vary === null ? [] : [vary]),
    headers: {
      ...Object.fromEntries(response.headers),
      'set-cookie': response.headers.getSetCookie(),
    },
    body: await response.text(),
  }
}

const hosts: Record<string, (path: string, method: string) => Promise<Answer>> = { inProcess }

beforeAll(async () => {
  cookie = await cookieWith(sessions)
  hosts.http1 = http1(await listen())
  hosts.http2 = http2(await listen(createHttp2Server))
  const elsewhere = createAdaptorServer({
    fetch: () => new Response('elsewhere', { headers: { Vary: 'Accept' } }),
  })
  servers.push(elsewhere)
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  seen.upstream = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const server of servers) server.close()
})

const names = (vary: readonly string[]): string[] => vary.map((name) => name.toLowerCase()).sort()

describe.each(['inProcess', 'http1', 'http2'])('Vary, %s', (host) => {
  // What came by HTTP/1.1 has headers that HTTP/2 forbids (RFC 9113 §8.2.2).
  const cases = CASES.filter(([path]) => path !== '/fetch' || host !== 'http2')

  const visit = (path: string, method = 'GET'): Promise<Answer> => hosts[host]!(path, method)

  it.each(cases)(
    '§2.14 %s says %j, no name twice and none lost',
    async (path, vary, status = 200) => {
      const answer = await visit(path)
      expect(answer.status).toBe(status)
      expect(names(answer.vary)).toEqual(names(vary))
      expect(names((await visit(path)).vary)).toEqual(names(vary)) // whatever the first has left behind
    }
  )

  it.each(cases.filter(([path]) => !path.endsWith('compress')))(
    '§2.14 HEAD %s says what GET does: %j',
    async (path, vary, status = 200) => {
      const answer = await visit(path, 'HEAD')
      expect(answer).toMatchObject({ status, body: '' })
      expect(names(answer.vary)).toEqual(names(vary))
    }
  )

  it('leaves the rest of the response as it is', async () => {
    expect((await visit('/text')).headers['content-type']).toMatch(/^text\/plain/i)
    expect((await visit('/json')).body).toBe('{"x":"1"}')
    expect((await visit('/stream')).body).toBe('ab')
    expect((await visit('/form')).body).toBe('x=1')
    expect((await visit('/outer/copy')).body).toBe('1!')
    expect((await visit('/record')).headers['content-type']).toBe('text/css')
    expect((await visit('/inner/compress')).headers['content-encoding']).toBe('gzip')
    expect((await visit('/outer/compress')).headers['content-encoding']).toBe('gzip')
    expect((await visit('/redirect')).headers.location).toBe('/text')
    expect((await visit('/record/cookies')).headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect((await visit('/both/write')).headers['cache-control']).toBe('no-store')
    expect(SHARED).toEqual({ Vary: 'Accept', 'Content-Type': 'text/css' })
  })

  it.each(['get', 'clone', 'copy'])('shows it to middleware further out: %s', async (how) => {
    await visit(`/outer/${how}`)
    expect(seen[how]).toBe('Cookie')
  })
})

describe.each(['http1', 'http2'])('Vary that is left to writeHead, %s', (host) => {
  const visit = (path: string): Promise<Answer> => hosts[host]!(path, 'GET')

  it('is that of a response whose headers nobody looked at', async () => {
    seen.left = false
    expect((await visit('/text')).vary).toEqual(['Cookie'])
    expect(seen.left).toBe(true)
  })

  it('is merged with what was set on the response of Node', async () => {
    expect(names((await visit('/set')).vary)).toEqual(['cookie', 'origin'])
  })

  it('is set at once on a response that cannot be changed', async () => {
    expect((await visit('/frozen')).vary).toEqual(['Cookie'])
  })

  it('leaves responses that the app has sent itself alone', async () => {
    const { headers, vary, body } = await visit('/sent')
    expect([headers['x-own'], vary, body]).toEqual(['1', [], 'own'])
  })

  it('is said of many requests at once, each by its own', async () => {
    const paths = [...CASES, ...CASES].filter(([path]) => path !== '/fetch')
    const answers = await Promise.all(paths.map(([path]) => visit(path)))
    expect(answers.map(({ vary }) => names(vary))).toEqual(paths.map(([, vary]) => names(vary)))
  })
})

describe('Vary with something else that is called outgoing', () => {
  const everything: object = new Proxy(() => everything, { get: () => everything })
  const methods = { getHeader: () => undefined, writeHead: () => undefined }
  it.each<[string, unknown]>([
    ['no env', undefined],
    ['no outgoing', {}],
    ['null', { outgoing: null }],
    ['a text', { outgoing: 'https://api.example' }],
    ['a store', { outgoing: { get: () => null, put: () => undefined } }],
    ['a service that has every method', { outgoing: everything }],
    ['an object that has every method', { outgoing: new Proxy({}, { get: () => everything }) }],
    ['a response that has started', { outgoing: { ...methods, headersSent: true } }],
    ['a response that is not known to wait', { outgoing: methods }],
  ])('is set at once: %s', async (_, env) => {
    const before = typeof env === 'object' && Object.values(env as object)[0]
    const { writeHead } = (before ?? {}) as { writeHead?: unknown }
    const headers = { Cookie: cookie }
    const response = await app.fetch(
      new Request('https://a.example/text', { headers }),
      env as never
    )
    expect(Object.getPrototypeOf(response)).toBe(Response.prototype)
    expect(response.headers.get('Vary')).toBe('Cookie')
    expect(((before ?? {}) as { writeHead?: unknown }).writeHead).toBe(writeHead)
  })

  it('is not said of an upgrade', async () => {
    const outgoing = { ...methods, headersSent: false }
    const upgrade = new Hono().use(session(sessions)).get('/', (c) => {
      c.var.session.get('x')
      return new Response(null, { status: 101 })
    })
    const response = await upgrade.request('https://a.example/', {}, { outgoing })
    expect(response.headers.get('Vary')).toBe(null)
    expect(outgoing.writeHead).toBe(methods.writeHead)
  })

  it('is merged into what writeHead is given, in each of its forms', async () => {
    const calls: unknown[][] = []
    const outgoing = {
      headersSent: false,
      getHeader: (): string | undefined => undefined,
      writeHead(...args: unknown[]): unknown {
        calls.push(args)
        return this
      },
    }
    const { writeHead } = outgoing
    for (const args of [
      [200],
      [200, 'OK'],
      [200, { A: '1' }],
      [200, 'OK', { vary: ['A', 'B'] }],
      [200, undefined, { A: '1' }],
    ]) {
      Object.assign(outgoing, { writeHead })
      await app.request('https://a.example/text', {}, { outgoing } as never)
      expect(outgoing.writeHead(...args)).toBe(outgoing)
    }
    expect(calls).toEqual([
      [200, { Vary: 'Cookie' }],
      [200, 'OK', { Vary: 'Cookie' }],
      [200, { A: '1', Vary: 'Cookie' }],
      [200, 'OK', { vary: 'A,B, Cookie' }],
      [200, { A: '1', Vary: 'Cookie' }],
    ])
  })
})
