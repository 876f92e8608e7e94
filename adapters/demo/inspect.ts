/**
 * Looks behind a request: what its session holds, how its cookie came and what that cost.
 *
 * @module
 */
import type { Context } from 'hono'
import { purposesOf } from '../../bindings/channel.ts'
import { engine, parseCookies, type EngineInfo, type EngineName } from '../../bindings/codec.ts'
import type { TokenRing } from '../../bindings/codec/engine.ts'
import { selectEngine } from '../../bindings/codec/select.ts'
import { SessionGoneError, type Sessions } from '../../bindings/index.ts'
import { checkSecrets, createRingFor, type RingPurposes } from '../../bindings/keyring.ts'
import type { DemoData, DemoEnv, DemoFlash } from './data.ts'
import { timeCalls, type Timing } from './timing.ts'
import {
  cutId,
  viewSetCookie,
  viewToken,
  type SetCookieView,
  type TokenView,
} from './token-view.ts'

/** What one engine needs for the request's Cookie header. */
export interface EngineTiming extends Timing {
  readonly name: EngineName
  /** Why the engine cannot run here, or `null` if it can. */
  readonly unavailable: string | null
}

/** The cookie as it came. */
export interface CookieView {
  readonly name: string
  /** Characters of name and value. */
  readonly length: number
  /** Its parts, or `null` if it did not verify: what cannot be trusted is not taken apart. */
  readonly token: TokenView | null
  /** What both engines need for it, if it verified. */
  readonly timings: readonly EngineTiming[]
}

/** All that the panel shows. */
export interface Inspection {
  /** Whether the session is in its cookie, and not on the server. */
  readonly inCookie: boolean
  readonly id: string
  readonly isNew: boolean
  readonly dirty: boolean
  /** The values and the flash message of this request. */
  readonly contents: { readonly data: Partial<DemoData>; readonly flash: Partial<DemoFlash> }
  readonly cookie: CookieView | null
  /** The cookie that this response sets, or `null` if it sets none. */
  readonly setCookie: SetCookieView | null
  /** The engine that verified the cookie. */
  readonly engine: EngineInfo
}

/** The rings of one cookie name on both engines; a string says why one cannot run here. */
type Rings = Record<EngineName, TokenRing | string>

function createRings(
  secrets: string | readonly string[],
  purposes: RingPurposes,
  name: string
): Rings {
  const on = (engine: EngineName): TokenRing | string => {
    try {
      return createRingFor(selectEngine(engine).engine, checkSecrets(secrets), purposes, name)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return { wasm: on('wasm'), portable: on('portable') }
}

function timeEngine(name: EngineName, ring: TokenRing | string, header: string): EngineTiming {
  if (typeof ring === 'string') return { name, nanoseconds: null, calls: 0, unavailable: ring }
  return { name, ...timeCalls(() => ring.open(header)), unavailable: null }
}

function viewCookie(rings: Rings, name: string, header: string): CookieView | null {
  const value = parseCookies(header)[name]
  if (value === undefined) return null
  const { wasm, portable } = rings
  const ring = typeof wasm === 'string' ? portable : wasm
  const length = name.length + 1 + value.length
  const opened = typeof ring === 'string' ? ring : ring.open(`${name}=${value}`)
  if (typeof opened === 'string') return { name, length, token: null, timings: [] }
  const timings = [timeEngine('wasm', wasm, header), timeEngine('portable', portable, header)]
  return { name, length, token: viewToken(value, opened.text), timings }
}

/**
 * Makes the inspector of a demo's requests. What it returns commits the session, since only then is
 * there a `Set-Cookie` to show; the middleware, which comes later, finds nothing left to write.
 */
export function createInspector(
  sessions: Sessions<DemoData, DemoFlash>,
  secrets: string | readonly string[]
): (c: Context<DemoEnv>) => Promise<Inspection> {
  const { cookieName } = sessions
  // With `secure: 'auto'` the cookie has no prefix on plain http://localhost.
  const plainName = cookieName.replace('__Host-', '')
  const purposes = purposesOf(sessions.storage)
  const ringsOf = new Map(
    [cookieName, plainName].map((name) => [name, createRings(secrets, purposes, name)])
  )
  const findCookie = (c: Context<DemoEnv>): CookieView | null => {
    const header = c.req.header('Cookie') ?? ''
    const names = c.req.url.startsWith('https:') ? [cookieName, plainName] : [plainName, cookieName]
    for (const name of names) {
      const view = viewCookie(ringsOf.get(name)!, name, header)
      if (view !== null) return view
    }
    return null
  }

  /** As the middleware does: a session that another request has ended has nothing to send. */
  const commit = async (c: Context<DemoEnv>): Promise<string[]> => {
    try {
      return await sessions.commit(c.var.session)
    } catch (error) {
      if (error instanceof SessionGoneError) return []
      throw error
    }
  }

  return async (c) => {
    const { session } = c.var
    const { id, isNew, dirty } = session
    const contents = { data: session.all(), flash: session.allFlash() }
    const lines = await commit(c)
    for (const line of lines) c.header('Set-Cookie', line, { append: true })
    return {
      inCookie: 'stateless' in sessions.storage,
      id: cutId(id),
      isNew,
      dirty,
      contents,
      cookie: findCookie(c),
      setCookie: lines[0] === undefined ? null : viewSetCookie(lines[0]),
      engine,
    }
  }
}
