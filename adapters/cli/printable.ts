/**
 * Text of others, on a terminal.
 *
 * @module
 */

/** Controls, invisible and bidirectional characters, line separators, halves of surrogate pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text that does nothing to a terminal: what is not seen, or moves the cursor, is escaped. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (hidden) => {
    const code = hidden.codePointAt(0)!.toString(16)
    return `\\u{${code}}`
  })
}
