/**
 * MariaDB. As root it runs as `mysql`.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createData, findProgram, freePort, ownerOf, startServer } from './server.js'

export const mariadb = {
  name: 'mariadb',
  variables: ['MARIADB_URL'],
  installed: () =>
    findProgram('mariadbd', ['/usr/sbin']) !== undefined &&
    findProgram('mariadb-install-db') !== undefined,
  async up(folder) {
    const port = await freePort()
    const data = createData(folder, 'mysql')
    const user = ownerOf(data)
    const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db']
    const root = '--auth-root-authentication-method=normal'
    execFileSync('mariadb-install-db', [...install, root], { cwd: data, stdio: 'pipe', ...user })
    const args = [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(data, 'mariadb.sock')}`,
      `--pid-file=${join(data, 'mariadb.pid')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
    ]
    const program = findProgram('mariadbd', ['/usr/sbin'])
    await startServer(folder, 'mariadb', program, args, port, user)
    execFileSync(
      'mariadb',
      [
        '--no-defaults',
        '-h',
        '127.0.0.1',
        '-P',
        `${port}`,
        '-u',
        'root',
        '-e',
        'create database tuile',
      ],
      { stdio: 'pipe' }
    )
    return { MARIADB_URL: `mysql://root@127.0.0.1:${port}/tuile` }
  },
}
