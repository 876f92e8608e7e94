/**
 * PostgreSQL, as Debian and others install it. It refuses to be root, and then runs as `postgres`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createData, findProgram, freePort, ownerOf, startServer, until } from './server.js'

/** Debian keeps each version in a folder of its own, off the PATH. */
const VERSIONS = '/usr/lib/postgresql'

function find(name) {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().reverse() : []
  return findProgram(
    name,
    versions.map((version) => join(VERSIONS, version, 'bin'))
  )
}

/** Starts the server of a folder that has data; again, if it was stopped. */
export async function startPostgres(folder, port) {
  const data = join(folder, 'data')
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${data}`]
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])]
  const options = ownerOf(data)
  await startServer(folder, 'postgres', find('postgres'), args, port, options)
  // It listens a moment before it answers.
  const ready = ['-h', '127.0.0.1', '-p', `${port}`]
  await until('postgres', () => spawnSync(find('pg_isready'), ready).status === 0)
}

export const postgres = {
  name: 'postgres',
  variables: ['POSTGRES_URL'],
  installed: () => find('initdb') !== undefined && find('postgres') !== undefined,
  async up(folder) {
    const port = await freePort()
    const data = createData(folder, 'postgres')
    const init = ['-D', data, '-U', 'tuile', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
    execFileSync(find('initdb'), init, { cwd: data, stdio: 'pipe', ...ownerOf(data) })
    await startPostgres(folder, port)
    return { POSTGRES_URL: `postgres://tuile@127.0.0.1:${port}/postgres` }
  },
}
