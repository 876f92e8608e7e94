/**
 * A reference for the Cookie header that is too simple to be wrong, and headers to try it on.
 *
 * @module
 */

/** SP and HTAB, and nothing else, from both ends (RFC 6265bis §5.6). */
function trim(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '')
}

/** The pairs as `[name, value, name, value, …]`. */
export function referencePairs(header: string): string[] {
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    const name = trim(pair.slice(0, Math.max(equals, 0)))
    return name === '' ? [] : [name, trim(pair.slice(equals + 1))]
  })
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** The cookies as entries, the first of each name, percent-decoded where that is possible. */
export function referenceCookies(header: string): [string, string][] {
  const pairs = referencePairs(header)
  const cookies = new Map<string, string>()
  for (let i = 0; i < pairs.length; i += 2) {
    if (!cookies.has(pairs[i]!)) cookies.set(pairs[i]!, decoded(pairs[i + 1]!))
  }
  return [...cookies]
}

/** White space, or what some library takes for it, that is no blank in a Cookie header. */
export const falseBlanks: readonly string[] = Array.from(
  '\v\f\r\n\0\x1c\x1f\x85\xa0\u1680\u2000\u2003\u2009\u200b\u2028\u2029\u202f\u205f\u3000\ufeff'
)

/** Headers written by hand, with the pairs that they hold. */
export const handWritten: readonly (readonly [header: string, pairs: readonly string[]])[] = [
  ['', []],
  ['a', []],
  ['=', []],
  ['=b', []],
  ['a=', ['a', '']],
  ['a=b', ['a', 'b']],
  ['a=b;', ['a', 'b']],
  [';;; ;a=b; ;', ['a', 'b']],
  ['a=b;c=d', ['a', 'b', 'c', 'd']],
  [' \ta \t=\t b\t ; c = d ', ['a', 'b', 'c', 'd']],
  ['a=b=c==', ['a', 'b=c==']],
  ['==a=b', []],
  ['a; =b; c=d', ['c', 'd']],
  ['a b=c d', ['a b', 'c d']],
  ['a=1, b=2', ['a', '1, b=2']],
  ['a="b;c=d"', ['a', '"b', 'c', 'd"']],
  ['a="\\";b=1"', ['a', '"\\"', 'b', '1"']],
  ['$Version=1; a="b"; $Path="/"', ['$Version', '1', 'a', '"b"', '$Path', '"/"']],
  ['a=1; a=2; A=3', ['a', '1', 'a', '2', 'A', '3']],
  ['a=%3B%20b=c', ['a', '%3B%20b=c']],
  ['%61=b', ['%61', 'b']],
  ['\xa0a=b', ['\xa0a', 'b']],
  ['a=\vb\v', ['a', '\vb\v']],
  ['a\u013db; c=d', ['c', 'd']],
  ['a=b\u013bc=d', ['a', 'b\u013bc=d']],
  ['a=b\u0120', ['a', 'b\u0120']],
  ['a=\ud800', ['a', '\ud800']],
  ['тест=2; 😀=😀', ['тест', '2', '😀', '😀']],
  ['__proto__=x; toString=y', ['__proto__', 'x', 'toString', 'y']],
]

/** Headers that grow with `n`, each made to be slow in some parser. */
export const bombs: Readonly<Record<string, (n: number) => string>> = {
  'many tiny pairs (CVE-2025-58186)': (n) => 'a=;'.repeat(n / 3),
  'semicolons (CVE-2016-1000232)': (n) => ';'.repeat(n),
  'equals signs': (n) => '='.repeat(n),
  blanks: (n) => `${' '.repeat(n - 1)}x`,
  'blanks around a name': (n) => `a${' '.repeat(n - 3)}=b`,
  'blanks in pairs': (n) => 'a \t \t=\t \t;'.repeat(n / 10),
  'semicolons, then one equals sign': (n) => `${';'.repeat(n - 2)}a=`,
  'names without a value': (n) => 'sid;'.repeat(n / 4),
  'our name in a value': (n) => `a=${'sid '.repeat(n / 4)}`,
  'our name behind blanks': (n) => ' sid'.repeat(n / 4),
  'quotes and backslashes (CVE-2024-7592)': (n) => `a="${'\\"'.repeat(n / 2)}"`,
  'octal escapes (CVE-2024-52804)': (n) => `a="${'\\134'.repeat(n / 4)}"`,
  percent: (n) => `a=${'%41'.repeat(n / 3)}`,
  'one long value': (n) => `sid=${'A'.repeat(n)}`,
  'one long name': (n) => `${'A'.repeat(n)}=x`,
  'our cookie, again and again': (n) => 'sid=v;'.repeat(n / 6),
}
