/**
 * A Redis of one test, to be killed, and a way to it that can be cut.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, findProgram, freePort, until } from '../../scripts/servers/server.js'

/** What a test's title says where there is no server to kill. */
export const missingServer: string =
  findProgram('redis-server') === undefined ? ' (skipped: redis-server is not installed)' : ''

/** A server that forgets nothing that it has acknowledged when it is killed. */
export class RedisServer {
  readonly port: number
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'tuile-redis-'))
  readonly #settings: string
  #process: ChildProcess | undefined

  private constructor(port: number, settings: string) {
    this.port = port
    this.#settings = settings
  }

  /** @param settings More of the configuration: `--maxmemory 4mb`. */
  static async create(settings = ''): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    // `everysec`, the default, holds writes back while it syncs those before: a kill loses them.
    const durable = '--appendonly yes --appendfsync always'
    const options = `--port ${this.port} --bind 127.0.0.1 ${durable} --dir ${this.#folder}`
    const args = `${options} ${this.#settings}`.trim().split(' ')
    this.#process = spawn('redis-server', args, { stdio: 'ignore' })
    await until('redis-server', () => answers(this.url))
  }

  async kill(): Promise<void> {
    const ended = once(this.#process!, 'exit')
    this.#process!.kill('SIGKILL')
    await ended
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What happens on the way to a server. `hole`: nothing comes through, in either direction. */
export type Way = 'open' | 'slow' | 'hole'

/** A TCP proxy before a server. */
export class TcpProxy {
  way: Way = 'open'
  /** Lets the next request through, and ends its connection instead of bringing the answer. */
  loseNextAnswer = false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(port: number) {
    this.#server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1')
      this.#pass(client, upstream)
      this.#pass(upstream, client, () => {
        if (!this.loseNextAnswer) return false
        this.loseNextAnswer = false
        return true
      })
    })
  }

  static async create(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  /** Ends all connections, in the middle of whatever they were about. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.#server.close()
    this.reset()
  }

  #pass(from: Socket, to: Socket, loses: () => boolean = () => false): void {
    this.#sockets.add(from)
    from.on('data', (chunk) => {
      if (this.way === 'hole') return
      if (loses()) from.destroy()
      else if (this.way === 'slow') setTimeout(() => to.write(chunk), 20)
      else to.write(chunk)
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
