/** What the jobs work on: ids, and the Cookie headers of a new and of a busy site. */
import { randomBytes } from 'node:crypto'

/** The cookie that holds the session. */
export const COOKIE_NAME = '__Host-session'

/** How many inputs a task has, each different; a power of two. */
export const INPUT_COUNT = 64

/** Eleven cookies of a busy site, made up: two analytics tools, a consent tool, a shop, a test. */
const BEFORE = [
  '_qa=QA1.1.1846273950.1763712044',
  '_qa_7KX2W9PLQD=QS2.1.s1763712043$o7$g1$t1763713381$j46$l0$h1203948576',
  '_hx_id=6f1c9d0e-52b7-4a83-9c1e-b07d3f2a8846.1763712044.12.1763713380.1763709911',
  'cnsnt=%7B%22v%22%3A3%2C%22id%22%3A%22k3Vx81%22%2C%22ads%22%3Afalse%2C%22stats%22%3Atrue%7D',
  'prefs=%7B%22theme%22%3A%22dark%22%2C%22lang%22%3A%22pt-BR%22%2C%22currency%22%3A%22BRL%22%7D',
  'recent=p-40318.p-11873.p-90217.p-55120.p-10446.p-77309.p-20571.p-33860.p-64412',
  'ab_bucket=checkout-7.b%2Csearch-3.control%2Cnav-12.a%2Chero-2.c%2Cfooter-1.control',
]
const AFTER = [
  'basket=Zk3pQx8vT2mLw0sYb7NcRe5UjHa1GdKf9oIiVtXqMzBhCnWyDrSuJeLgPkA6',
  '_sp_uid=s%3A9ef0a4d2b81c47f6a3d5e7c90b1f2846.q1LrV8nZxT5uKcY2wPjDhG7mBsEa0FoJ4iXyCtQv',
  'csrf=mX4kT9vQbR2sLpW8zYcN1hJdFg6uEaIo',
  '_vwo_ss=2.AbC7x9Kq3TzWm5RvYp8LdNjHs1FgXe4UoQiVtBnMkCwZrDySa0Jh6GlPu-7fEx2T~1763712045~41',
]

/** A string as a server gets it: one flat piece, not a concatenation. */
export function flat(text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}

/** The Cookie header of a site that sets one cookie. */
export const oneCookie = (pair) => flat(pair)

/** The Cookie header of a busy site: twelve cookies, about 900 bytes. */
export const twelveCookies = (pair) => flat([...BEFORE, pair, ...AFTER].join('; '))

/** Fifty cookies, about 3.5 KB: the busy site's, and small ones. */
export function fiftyCookies(pair) {
  const small = Array.from(
    { length: 38 },
    (_, i) => `exp_${i}=variant-${i % 3}.${i * 7919}.${'kqzwx'.repeat(9)}`
  )
  return flat([...BEFORE, ...small, pair, ...AFTER].join('; '))
}

/** A new session id: 18 random bytes as 24 characters. */
export const createId = () => randomBytes(18).toString('base64url')

/** New ids, one for each input. */
export const createIds = () => Array.from({ length: INPUT_COUNT }, createId)

/** A new secret. */
export const createSecret = () => randomBytes(32).toString('base64')

/** The pair `name=value` with the first character of its signature changed. */
export function flipSignature(pair) {
  const at = pair.lastIndexOf('.') + 1
  return pair.slice(0, at) + (pair[at] === 'A' ? 'B' : 'A') + pair.slice(at + 1)
}
