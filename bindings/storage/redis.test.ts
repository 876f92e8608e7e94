import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bunProgram, findInstalled } from '../../scripts/runtimes.js'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { CLIENTS, type OpenClient } from './redis.fixture.ts'
import { type RedisStorage, redisStorage } from './redis.ts'
import { describeService, serviceOf } from './services.fixture.ts'

const suites = (create: () => RedisStorage) => [
  ...storageConformance(create),
  ...sessionConformance(create),
]

for (const [variable, clients] of Object.entries(CLIENTS)) {
  for (const [name, open] of Object.entries(clients)) {
    describeService(variable, `redisStorage with ${name}`, (url) => {
      let opened: OpenClient
      beforeAll(async () => {
        opened = await open(url)
      })
      afterAll(() => opened?.close())

      for (const { name, run } of suites(() => redisStorage(opened.client))) it(name, run)
    })
  }
}

/** Installed with `CI`, found otherwise. */
const bun = process.env.CI ? bunProgram() : bunProgram(findInstalled)
const program = fileURLToPath(new URL('redis.runtime.fixture.ts', import.meta.url))

for (const [variable, name, ca] of [
  ['REDIS_URL', 'the client of Bun'],
  ['REDIS_TLS_URL', 'the client of Bun, TLS', 'REDIS_TLS_CA'],
] as const) {
  describeService(variable, `redisStorage with ${name}`, (url) => {
    if (bun === undefined) {
      it.skip('skipped: no Bun (npm run test:runtimes installs it)', () => undefined)
      return
    }
    let results: Record<string, string | null>
    beforeAll(async () => {
      const args = ['run', program, url, ...(ca ? [serviceOf(ca)!] : [])]
      results = JSON.parse((await promisify(execFile)(bun, args)).stdout)
    }, 120_000)

    // Only their names are used here.
    for (const { name } of suites(() => undefined as never)) {
      it(name, () => expect(results[name]).toBeNull())
    }
  })
}
