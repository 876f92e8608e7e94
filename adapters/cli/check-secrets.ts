/**
 * How hard secrets are to guess, as far as that can be seen.
 *
 * @module
 */
import type { SecretList } from '../../bindings/dated-secrets.ts'
import { type Finding, findingsOf } from './findings.ts'

/** Bits below which a secret is no match for who tries offline (NIST SP 800-131A: 112). */
const MIN_BITS = 112

/** The shortest text that repeats to the whole: `abcabcabc` is three times `abc`. */
function unitOf(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1))
}

/** Bits of a text if each character were drawn with the frequencies it shows: an upper bound. */
function bitsOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length)
  return bits
}

/** Whether characters follow each other as on a keyboard or in the alphabet, mostly. */
function isSequence(text: string): boolean {
  let steps = 0
  for (let i = 1; i < text.length; i++) {
    if (Math.abs(text.charCodeAt(i) - text.charCodeAt(i - 1)) <= 1) steps++
  }
  return steps > text.length / 2
}

/** Why a secret looks weak; `null` if it does not. It says nothing of the secret itself. */
function weaknessOf(secret: string): string | null {
  if (unitOf(secret).length < secret.length) return 'is a short text that repeats'
  if (isSequence(secret)) return 'is a sequence of neighbours, such as 123456'
  const bits = Math.floor(bitsOf(secret))
  return bits < MIN_BITS ? `has ${bits} bits at most: too few different characters` : null
}

/** Checks secrets that are long enough. */
export function checkStrength(list: SecretList): Finding[] {
  const { list: findings, add } = findingsOf('secrets')
  const secrets = (typeof list === 'string' ? [list] : list).map((entry) =>
    typeof entry === 'string' ? entry : entry.secret
  )
  for (const [i, secret] of secrets.entries()) {
    const which = `secret ${i + 1} of ${secrets.length}`
    const weakness = weaknessOf(secret)
    if (weakness !== null) add('problem', `${which} ${weakness}. Make one with \`tuile keygen\``)
    else if (/^(["'`]).*\1$/s.test(secret)) {
      add('warning', `${which} begins and ends with quotes, which are part of it: is that meant?`)
    } else if (/^[a-z]+(?:[ _.-]?[a-z]+)*$/i.test(secret)) {
      add('warning', `${which} looks like words. Make one with \`tuile keygen\``)
    }
    if (secrets.indexOf(secret) < i) add('problem', `${which} is there twice`)
  }
  if (findings.length === 0) {
    add('ok', `${secrets.length} of at least 32 bytes, none of which looks guessable`)
  }
  return findings
}
