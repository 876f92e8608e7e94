import { afterEach, describe, expect, test } from 'vitest'
import { engine } from '../../bindings/codec.ts'
import { ConfigurationError } from '../../bindings/index.ts'
import { parseOptions, UsageError, type ServerOptions } from './options.ts'
import { StartError, startDemo, type RunningDemo } from './serve.ts'

const OPTIONS: ServerOptions = { storage: 'cookie', host: '127.0.0.1', port: 0, secret: null }

describe('parseOptions()', () => {
  test('has defaults', () => {
    expect(parseOptions([], {})).toEqual({ ...OPTIONS, storage: 'memory', port: 3000 })
  })

  test('takes options in both spellings', () => {
    const args = ['--storage', 'cookie', '--port=8080', '--host', '::1']
    expect(parseOptions(args, {})).toEqual({
      storage: 'cookie',
      host: '::1',
      port: 8080,
      secret: null,
    })
  })

  test('takes port and secret from the environment, and the port rather from the arguments', () => {
    const env = { PORT: '4000', SESSION_SECRET: 'x' }
    expect(parseOptions([], env)).toMatchObject({ port: 4000, secret: 'x' })
    expect(parseOptions(['--port', '0'], env)).toMatchObject({ port: 0 })
    expect(parseOptions([], { PORT: '' })).toMatchObject({ port: 3000 })
  })

  test('passes an empty secret on, to be refused', () => {
    expect(parseOptions([], { SESSION_SECRET: '' })).toMatchObject({ secret: '' })
  })

  test('gives null if help is asked for', () => {
    expect(parseOptions(['--help'], {})).toBeNull()
  })

  test.each([
    [['--storage', 'redis'], '--storage must be memory or cookie, not "redis"'],
    [['--port', '65536'], '--port must be a number from 0 to 65535, not "65536"'],
    [['--port', '3e3'], '--port must be a number from 0 to 65535, not "3e3"'],
    [['--port', ''], '--port must be a number'],
    [['--host', ''], '--host must name an address'],
    [['--port'], "'--port <value>' argument missing"],
    [['--colour'], "Unknown option '--colour'"],
    [['memory'], "Unexpected argument 'memory'"],
  ])('refuses %j with a message that says why', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(UsageError)
    expect(() => parseOptions(args, {})).toThrow(message)
  })

  test('names PORT if that is what is wrong', () => {
    expect(() => parseOptions([], { PORT: 'web' })).toThrow('PORT must be a number')
  })
})

describe('startDemo()', () => {
  const running: RunningDemo[] = []
  const start = async (options: Partial<ServerOptions> = {}): Promise<RunningDemo> => {
    const demo = await startDemo({ ...OPTIONS, ...options })
    running.push(demo)
    return demo
  }
  afterEach(async () => {
    for (const demo of running.splice(0)) await demo.stop()
  })

  test('serves the demo and says where', async () => {
    const { url, lines } = await start({ secret: 'a secret of the tests, 32 bytes or more' })
    expect(lines).toEqual([`Tuile demo: ${url} (cookie storage, ${engine.name} engine)`])
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('Set-Cookie')).toMatch(/^session=S/)
  })

  test('says so if sessions end with the process', async () => {
    const { lines } = await start({ storage: 'memory' })
    expect(lines[0]).toContain('(memory storage, ')
    expect(lines[1]).toBe('SESSION_SECRET is not set: sessions end with this process')
  })

  test('keeps sessions in memory if asked', async () => {
    const { url } = await start({ storage: 'memory' })
    expect((await fetch(url)).headers.get('Set-Cookie')).toMatch(/^session=T/)
  })

  test('gives an address that a browser can open if it listens on all', async () => {
    const { url, lines } = await start({ host: '0.0.0.0' })
    expect(url).toMatch(/^http:\/\/localhost:\d+$/)
    expect(lines[2]).toContain('needs HTTPS')
  })

  test('refuses a port in use with a message that helps', async () => {
    const port = Number(new URL((await start()).url).port)
    const second = start({ port })
    await expect(second).rejects.toThrow(StartError)
    await expect(second).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`)
  })

  test('refuses an address that this machine has not', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toThrow('cannot listen on 192.0.2.1')
  })

  test('refuses a secret that is too short', async () => {
    await expect(start({ secret: 'short' })).rejects.toThrow(ConfigurationError)
    await expect(start({ secret: '' })).rejects.toThrow(ConfigurationError)
  })

  test('stops, although a connection is kept alive', async () => {
    const { url, stop } = await start()
    await (await fetch(url)).text()
    await stop()
    await expect(fetch(url)).rejects.toThrow()
  })
})
