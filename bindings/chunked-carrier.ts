/**
 * A token in several cookies, for those that are too long for one.
 *
 * ```text
 * name    3 and the first piece    the digit says how many cookies there are
 * name.1  the second piece
 * name.2  the third piece
 * ```
 *
 * The pieces are joined before anything is verified, and the token is authentic as a whole: pieces that
 * are missing, swapped, or of two versions make no token. A token that fits one cookie stands in it as
 * it is: it begins with a letter. What is left of a longer one before is removed.
 *
 * @module
 */
import type { Carrier } from './carrier.ts'
import { MAX_COOKIE_SIZE, MAX_DUPLICATES, MAX_HEADER_SIZE, MAX_VALUE_SIZE } from './codec/engine.ts'
import { defaultEngine } from './codec/select.ts'
import type { SessionCookie } from './session-cookie.ts'

/** One cookie, and those in which it may go on. */
export function chunkedCarrier(cookie: SessionCookie): Carrier {
  const { name, parts } = cookie
  const cookies = [cookie, ...parts]

  /** The characters that each cookie has room for, whose whole line must be within the limit. */
  const roomsFor = (remaining: number): number[] =>
    cookies.map((each) => MAX_COOKIE_SIZE - each.set('', remaining).length)

  const cut = (token: string, rooms: readonly number[]): string[] => {
    if (token.length <= rooms[0]!) return [token]
    const pieces: string[] = []
    let start = 0
    for (const [index, room] of rooms.entries()) {
      if (start >= token.length) break
      const end = start + (index === 0 ? room - 1 : room) // the digit takes one
      pieces.push(token.slice(start, end))
      start = end
    }
    pieces[0] = `${pieces.length}${pieces[0]}`
    return pieces
  }

  /** The lines that remove the cookies behind the first `count`, as far as the client has them. */
  const removeBehind = (count: number, received: string): string[] => {
    if (!received.includes(`${name}.`) || received.length > MAX_HEADER_SIZE) return []
    const pairs = new Set(defaultEngine.listCookies(received))
    return cookies
      .slice(count)
      .filter((each) => pairs.has(each.name))
      .map((each) => each.remove())
  }

  return {
    name,
    limit: MAX_VALUE_SIZE,

    headerOf(received) {
      if (!received.includes(`${name}.1`) || received.length > MAX_HEADER_SIZE) return received
      const values: string[] = []
      const pieces = new Map<string, string>()
      const pairs = defaultEngine.listCookies(received)
      for (let i = 0; i < pairs.length; i += 2) {
        const [key, value] = [pairs[i]!, pairs[i + 1]!]
        if (key === name) values.push(value)
        else if (!pieces.has(key)) pieces.set(key, value)
      }
      let joined = false
      const tokens = values.slice(0, MAX_DUPLICATES).map((value) => {
        const count = /^[2-9]/.test(value) ? Number(value[0]) : 1
        // One of them is joined: the others are not ours, and together they could be very long.
        if (count === 1 || count > cookies.length || joined) return value
        joined = true
        const rest = parts.slice(0, count - 1).map((part) => pieces.get(part.name) ?? '')
        return value.slice(1) + rest.join('')
      })
      return tokens.map((token) => `${name}=${token}`).join(';')
    },

    measure(tokenSize, remaining) {
      const rooms = roomsFor(remaining)
      const attributes = rooms.reduce((sum, room) => sum + MAX_COOKIE_SIZE - room, 0)
      const most = Math.min(
        rooms.reduce((sum, room) => sum + room, -1),
        MAX_VALUE_SIZE - name.length
      )
      return { size: tokenSize + attributes, limit: most + attributes }
    },

    set(token, remaining, received) {
      const pieces = cut(token, roomsFor(remaining))
      return [
        ...pieces.map((piece, index) => cookies[index]!.set(piece, remaining)),
        ...removeBehind(pieces.length, received),
      ]
    },

    remove: (received) => [cookie.remove(), ...removeBehind(1, received)],
  }
}
