import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { CLIENTS, type OpenClient } from './redis.fixture.ts'
import { redisStorage } from './redis.ts'
import { describeService } from './services.fixture.ts'

for (const [variable, clients] of Object.entries(CLIENTS)) {
  for (const [name, open] of Object.entries(clients)) {
    describeService(variable, `redisStorage with ${name}`, (url) => {
      let opened: OpenClient
      beforeAll(async () => {
        opened = await open(url)
      })
      afterAll(() => opened?.close())

      const create = () => redisStorage(opened.client)
      for (const { name, run } of storageConformance(create)) it(name, run)
      for (const { name, run } of sessionConformance(create)) it(name, run)
    })
  }
}

void expect
void describe
