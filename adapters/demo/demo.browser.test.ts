/**
 * The demo in a real browser. `CHROMIUM` names the program, `SCREENSHOTS` a folder for pictures.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM_ARGUMENTS, chromiumProgram, NO_CHROMIUM } from '../../scripts/chromium.js'
import { startDemo, type RunningDemo } from './serve.ts'

const skipped = chromiumProgram === undefined ? ` (${NO_CHROMIUM})` : ''

let browser: Browser
let screenshots: string

beforeAll(async () => {
  if (chromiumProgram === undefined) return
  screenshots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'tuile-demo-'))
  browser = await chromium.launch({
    executablePath: chromiumProgram,
    args: CHROMIUM_ARGUMENTS,
    // People's browsers keep pages for the back button; so does this one.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
})
afterAll(() => browser?.close())

describe.skipIf(chromiumProgram === undefined).each(['cookie', 'memory'] as const)(
  `Chromium with the %s storage${skipped}`,
  (storage) => {
    let demo: RunningDemo
    let context: BrowserContext
    let page: Page
    /** What the browser complained of, and what it asked others for. */
    let complaints: string[]

    const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
      context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options })
      const opened = await context.newPage()
      opened.setDefaultTimeout(10_000)
      opened.on('console', (message) => complaints.push(message.text()))
      opened.on('pageerror', (error) => complaints.push(error.message))
      opened.on('response', (response) => {
        if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
      })
      opened.on('request', (request) => {
        if (!request.url().startsWith(demo.url)) complaints.push(`foreign: ${request.url()}`)
      })
      await opened.goto(demo.url)
      return opened
    }
    const flashOf = (on: Page): Promise<string[]> => on.getByRole('status').allTextContents()
    const visitsOf = (on: Page): Promise<string | null> => on.locator('.visits b').textContent()
    const headingOf = (on: Page): Promise<string | null> => on.locator('h1').textContent()
    const countsOf = (on: Page): Promise<string[]> => on.locator('.count').allTextContents()
    /** Presses a button and waits for the page that comes of it. */
    const press = async (on: Page, name: string): Promise<void> => {
      const loaded = on.waitForEvent('load')
      await on.getByRole('button', { name, exact: true }).click()
      await loaded
    }
    const signIn = async (on: Page, name: string): Promise<void> => {
      await on.getByLabel('Your name').fill(name)
      await press(on, 'Sign in')
    }
    const picture = (name: string): Promise<unknown> =>
      page.screenshot({
        path: join(screenshots, `${storage}-${name}.png`),
        fullPage: true,
        animations: 'disabled',
      })

    beforeEach(async () => {
      complaints = []
      demo = await startDemo({ storage, host: '127.0.0.1', port: 0, secret: null })
      page = await open()
    })
    afterEach(async () => {
      for (const opened of browser.contexts()) await opened.close()
      await demo.stop()
      expect(complaints).toEqual([])
    })

    test('signs in, and sees the message once', async () => {
      await picture('signed-out')
      await signIn(page, 'Ada')
      expect(await headingOf(page)).toBe('Bonjour, Ada.')
      expect(await flashOf(page)).toEqual(['Welcome, Ada.'])
      await page.reload()
      expect(await flashOf(page)).toEqual([])
      expect(await headingOf(page)).toBe('Bonjour, Ada.')
    })

    test('draws what each engine takes, the slower one as wide as the panel', async () => {
      await page.reload()
      const widths = await page
        .locator('.timings rect')
        .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width))
      const texts = await page.locator('.timings [data-engine]').allTextContents()
      const figures = texts.map((text) => Number(/^([\d,]+) ns$/.exec(text)![1]!.replace(/,/g, '')))
      expect(widths).toHaveLength(2)
      expect(Math.max(...widths)).toBeGreaterThan(200)
      const shares = (values: number[]) => values.map((value) => value / Math.max(...values))
      const drawn = shares(widths)
      for (const [index, share] of shares(figures).entries()) {
        expect(drawn[index]).toBeCloseTo(share, 2)
      }
    })

    test('counts each reload', async () => {
      expect(await visitsOf(page)).toBe('1')
      await page.reload()
      expect(await visitsOf(page)).toBe('2')
      await page.reload()
      expect(await visitsOf(page)).toBe('3')
    })

    test('fills the cart, and finds it again after a reload', async () => {
      await signIn(page, 'Ada')
      await press(page, 'Add to cart: Madeleine')
      expect(await flashOf(page)).toEqual(['In your cart: Madeleine.'])
      await press(page, 'Add to cart: Tuile aux amandes')
      expect(await flashOf(page)).toEqual(['In your cart: Tuile aux amandes.'])
      await press(page, 'One more: Madeleine')
      expect(await countsOf(page)).toEqual(['1', '2'])
      await picture('signed-in')
      await page.reload()
      expect(await flashOf(page)).toEqual([])
      expect(await countsOf(page)).toEqual(['1', '2'])
      await press(page, 'One less: Tuile aux amandes')
      expect(await countsOf(page)).toEqual(['2'])
    })

    test('does not show the signed-in page by its back button after a sign-out', async () => {
      await signIn(page, 'Ada')
      await press(page, 'Add to cart: Madeleine')
      await press(page, 'Sign out')
      expect(await flashOf(page)).toEqual(['You are signed out, and your session is empty.'])
      // Past the cart, and past the sign-in, to the first page.
      for (let steps = 0; steps < 3; steps++) {
        await page.goBack()
        expect(new URL(page.url()).pathname).toBe('/')
        expect(await headingOf(page)).toBe('Bonjour.')
        expect(await page.locator('body').textContent()).not.toContain('Ada')
        expect(await countsOf(page)).toEqual([])
      }
      expect(await visitsOf(page)).toBe('4')
    })

    test('has a session of its own in a second context', async () => {
      await signIn(page, 'Ada')
      const other = await open()
      expect(await visitsOf(other)).toBe('1')
      expect(await headingOf(other)).toBe('Bonjour.')
      await signIn(other, 'Grace')
      await page.reload()
      expect(await headingOf(page)).toBe('Bonjour, Ada.')
    })

    test('keeps the cookie from scripts', async () => {
      expect(await page.evaluate('document.cookie')).toBe('')
      const [cookie] = await context.cookies()
      expect(cookie).toMatchObject({ name: 'session', httpOnly: true, sameSite: 'Lax', path: '/' })
    })

    test('fits a small screen, by day and by night', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        page = await open({ viewport: { width: 390, height: 844 }, colorScheme })
        await picture(`small-${colorScheme}-signed-out`)
        await signIn(page, 'W'.repeat(40))
        await press(page, 'Add to cart: Macaron framboise')
        await picture(`small-${colorScheme}-signed-in`)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      }
    })

    test('says in the panel how long both engines need', async () => {
      await page.reload()
      for (const engine of ['wasm', 'portable']) {
        expect(await page.locator(`[data-engine=${engine}]`).textContent()).toMatch(/^[\d,]+ ns$/)
      }
    })
  }
)
