/**
 * The page `/bench` in a real browser. `SCREENSHOTS` names a folder for a picture of it.
 *
 * @module
 */
import { join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM_ARGUMENTS, chromiumProgram, NO_CHROMIUM } from '../../../scripts/chromium.js'
import { startDemo, type RunningDemo } from '../serve.ts'

const skipped = chromiumProgram === undefined ? ` (${NO_CHROMIUM})` : ''

describe.skipIf(chromiumProgram === undefined)(`/bench in Chromium${skipped}`, () => {
  let browser: Browser
  let demo: RunningDemo

  beforeAll(async () => {
    demo = await startDemo({ storage: 'cookie', host: '127.0.0.1', port: 0, secret: null })
    browser = await chromium.launch({
      executablePath: chromiumProgram!,
      args: CHROMIUM_ARGUMENTS,
    })
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
  })

  test('runs the race and shows a bar for each, with WebAssembly among them', async () => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 760 } })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${demo.url}/bench`)
    await page.getByRole('button', { name: 'Run' }).click()
    const status = page.getByRole('status')
    await status.filter({ hasText: 'agree' }).waitFor({ timeout: 100_000 })
    expect(await status.textContent()).toBe('All 4 agree on every answer.')

    const lanes = page.locator('.lane')
    expect(await lanes.locator('b').allTextContents()).toEqual([
      'Tuile, WebAssembly',
      'Tuile, plain JavaScript',
      'WebCrypto',
      'hono/cookie, signed',
    ])
    for (const figure of await lanes.locator('.lane-figure').allTextContents()) {
      expect(figure).toMatch(/^[\d.]+ (?:ns|µs) · [\d.]+x$/)
    }
    const widths = await lanes
      .locator('.bar')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width))
    expect(widths.every((width) => width > 0)).toBe(true)
    const { SCREENSHOTS } = process.env
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, 'bench.png') })
    expect(complaints).toEqual([])
  }, 120_000)
})
