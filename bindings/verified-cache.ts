/**
 * A bounded cache of Cookie headers that verified.
 *
 * The key is the whole header, compared as text, so the answer is that of a verification in every case:
 * with the cookie twice, with blanks around it, with others beside it. A failure is never remembered,
 * so nobody can fill the cache without a token that verifies.
 *
 * @module
 */

/** Characters of the longest header that is kept, which bounds the memory. */
const MAX_KEPT_HEADER = 4096

/**
 * Remembers what `verify` gave for the last headers: at least `size` of them, at most twice as many.
 *
 * Two generations instead of a list in order of use: a hit writes nothing, and when the younger is
 * full, the older is dropped as a whole.
 */
export function createVerifiedCache(
  verify: (header: string) => string | null,
  size: number
): (header: string) => string | null {
  let young = new Map<string, string>()
  let old = new Map<string, string>()

  return (header) => {
    const known = young.get(header)
    if (known !== undefined) return known
    const value = old.get(header) ?? verify(header)
    if (value === null || header.length > MAX_KEPT_HEADER) return value
    if (young.size === size) {
      old = young
      young = new Map()
    }
    young.set(header, value)
    return value
  }
}
