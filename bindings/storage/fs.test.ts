import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sessionConformance } from '../session-conformance.ts'
import { storageConformance } from './conformance.ts'
import { fsStorage } from './fs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tuile-fs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('fsStorage keeps the contract of storages', () => {
  let n = 0
  for (const { name, run } of storageConformance(() => fsStorage(join(folder, `${n++}`))))
    it(name, run)
})

describe('fsStorage keeps sessions', () => {
  for (const { name, run } of sessionConformance(() => fsStorage(join(folder, 's')))) it(name, run)
})
