/** memcached, without SASL: it listens on 127.0.0.1 only. */
import { join } from 'node:path'
import { findProgram, freePort, startServer } from './server.js'

const program = () => findProgram('memcached')

export const memcached = {
  name: 'memcached',
  variables: ['MEMCACHED_URL'],
  installed: () => program() !== undefined,
  async up(folder) {
    const port = await freePort()
    const args = ['-l', '127.0.0.1', '-p', `${port}`, '-u', 'nobody', '-P', join(folder, 'started')]
    await startServer(folder, 'memcached', program(), args, port)
    return { MEMCACHED_URL: `memcached://127.0.0.1:${port}` }
  },
}
