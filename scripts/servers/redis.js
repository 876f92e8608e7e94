/**
 * Redis in the shapes that people run: one server with a user of few rights, TLS only, a cluster of
 * three, a master with a replica and a sentinel; and Valkey, where it is installed.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, freePort, startServer, until } from './server.js'

const installed = () => findProgram('redis-server') !== undefined

/** Starts one server of a shape: the configuration names its folder, as `stopServers` wants it. */
async function start(folder, name, port, lines, { program = 'redis-server', args = [] } = {}) {
  const data = join(folder, name)
  mkdirSync(data)
  const config = join(data, 'redis.conf')
  const common = ['bind 127.0.0.1', `dir ${data}`, 'set-proc-title no']
  if (args.length === 0) common.push('save ""', 'appendonly no')
  writeFileSync(config, `${[...common, ...lines].join('\n')}\n`)
  await startServer(folder, name, program, [config, ...args], port)
}

const cli = (port, ...args) =>
  execFileSync('redis-cli', ['-p', `${port}`, ...args], { encoding: 'utf8' })

/** The commands that the storage uses, as the docs tell them. */
const COMMANDS = [
  ...['eval', 'time', 'type', 'exists', 'get', 'set', 'del', 'pexpire', 'pttl', 'hget', 'hmget'],
  ...['hset', 'hdel', 'lindex', 'lpop', 'lrem', 'rpush', 'zadd', 'zcard', 'zrem', 'zrevrange'],
  ...['zrangebyscore', 'zremrangebyscore', 'publish', 'subscribe', 'unsubscribe'],
].map((command) => `+${command}`)

/** A user with no more rights than that, and those that clients want to connect. */
const ACL = [
  'user default off',
  `user tuile on >secret ~session:* resetchannels &session:* +@connection +info ${COMMANDS.join(' ')}`,
]

export const redis = {
  name: 'redis',
  variables: ['REDIS_URL', 'REDIS_ADMIN_URL'],
  installed,
  async up(folder) {
    const port = await freePort()
    const admin = 'user admin on >secret ~* &* +@all'
    await start(folder, 'redis', port, [`port ${port}`, ...ACL, admin])
    return {
      REDIS_URL: `redis://tuile:secret@127.0.0.1:${port}`,
      REDIS_ADMIN_URL: `redis://admin:secret@127.0.0.1:${port}`,
    }
  },
}

export const redisTls = {
  name: 'redis-tls',
  variables: ['REDIS_TLS_URL', 'REDIS_TLS_CA'],
  installed: () => installed() && findProgram('openssl') !== undefined,
  async up(folder) {
    const port = await freePort()
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
        ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
        ...['-keyout', key, '-out', certificate],
      ],
      { stdio: 'pipe' }
    )
    await start(folder, 'redis', port, [
      'port 0',
      `tls-port ${port}`,
      `tls-cert-file ${certificate}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${certificate}`,
      'tls-auth-clients no',
    ])
    return { REDIS_TLS_URL: `rediss://127.0.0.1:${port}`, REDIS_TLS_CA: certificate }
  },
}

const SLOTS = 16_384

export const redisCluster = {
  name: 'redis-cluster',
  variables: ['REDIS_CLUSTER_URL'],
  installed,
  async up(folder) {
    const nodes = []
    for (let i = 0; i < 3; i++) nodes.push({ port: await freePort(), bus: await freePort() })
    for (const [i, { port, bus }] of nodes.entries()) {
      const lines = ['cluster-enabled yes', 'cluster-node-timeout 3000', `cluster-port ${bus}`]
      await start(folder, `node-${i}`, port, [`port ${port}`, ...lines])
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / nodes.length))
      cli(port, 'CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to - 1}`)
    }
    const [first, ...others] = nodes
    for (const { port, bus } of others) {
      cli(first.port, 'CLUSTER', 'MEET', '127.0.0.1', `${port}`, `${bus}`)
    }
    await until('the cluster', () =>
      nodes.every(({ port }) => {
        const info = cli(port, 'CLUSTER', 'INFO')
        return info.includes('cluster_state:ok') && info.includes(`slots_assigned:${SLOTS}`)
      })
    )
    return { REDIS_CLUSTER_URL: `redis://127.0.0.1:${first.port}` }
  },
}

export const redisSentinel = {
  name: 'redis-sentinel',
  variables: ['REDIS_SENTINEL_URL'],
  installed,
  async up(folder) {
    const [master, replica, sentinel] = [await freePort(), await freePort(), await freePort()]
    await start(folder, 'master', master, [`port ${master}`])
    await start(folder, 'replica', replica, [`port ${replica}`, `replicaof 127.0.0.1 ${master}`])
    await until('the replica', () => cli(master, 'INFO', 'replication').includes('state=online'))
    const lines = [
      `port ${sentinel}`,
      `sentinel monitor tuile 127.0.0.1 ${master} 1`,
      'sentinel down-after-milliseconds tuile 1000',
      'sentinel failover-timeout tuile 3000',
    ]
    await start(folder, 'sentinel', sentinel, lines, { args: ['--sentinel'] })
    await until('the sentinel', () => cli(sentinel, 'SENTINEL', 'REPLICAS', 'tuile') !== '\n')
    return { REDIS_SENTINEL_URL: `redis://127.0.0.1:${sentinel}/tuile` }
  },
}

export const valkey = {
  name: 'valkey',
  variables: ['VALKEY_URL'],
  installed: () => findProgram('valkey-server') !== undefined,
  async up(folder) {
    const port = await freePort()
    await start(folder, 'valkey', port, [`port ${port}`, ...ACL], { program: 'valkey-server' })
    return { VALKEY_URL: `redis://tuile:secret@127.0.0.1:${port}` }
  },
}
