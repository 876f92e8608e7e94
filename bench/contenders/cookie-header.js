/**
 * What reads all cookies of a Cookie header.
 *
 * @typedef {object} CookieParser
 * @property {string} name
 * @property {(header: string) => object} parse
 * @property {(parsed: any) => Record<string, string>} [entries] The cookies as an object, if `parse`
 * gives something else.
 *
 * @module
 */
import { parseCookie } from 'cookie'
import { parseCookie as parseCookieEs } from 'cookie-es'
import { parse as parseHono } from 'hono/utils/cookie'
import { createCodec } from '../../dist/bindings/codec.js'

const { Bun } = globalThis

/** Those of this runtime. */
export function createCookieParsers() {
  return [
    { name: 'tuile, wasm', parse: createCodec({ engine: 'wasm' }).parseCookies },
    { name: 'tuile, portable', parse: createCodec({ engine: 'portable' }).parseCookies },
    { name: 'cookie', parse: (header) => parseCookie(header) },
    { name: 'cookie-es', parse: (header) => parseCookieEs(header) },
    { name: 'hono/cookie', parse: (header) => parseHono(header) },
    ...(Bun
      ? [
          {
            name: 'Bun.CookieMap',
            parse: (header) => new Bun.CookieMap(header),
            entries: (map) => map.toJSON(),
          },
        ]
      : []),
  ]
}
