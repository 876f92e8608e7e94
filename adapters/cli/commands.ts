/**
 * The commands of the program `tuile`.
 *
 * @module
 */
import { base64url } from '../../bindings/codec.ts'

/** What a command says, and how it ends: 0 is well, 2 is a command that is not known. */
export interface CommandResult {
  readonly output: string
  readonly code: number
}

const HELP = `Usage: tuile <command>

  keygen    Print a new secret: 32 random bytes, as 43 characters of base64url`

/** Bytes of a secret: what HMAC-SHA256 can use (RFC 2104 §3). */
const SECRET_SIZE = 32

/** Runs a command, given as the words behind the program's name. */
export function runCommand([command, ...rest]: readonly string[]): CommandResult {
  if (command === 'keygen' && rest.length === 0) {
    return {
      output: base64url.encode(crypto.getRandomValues(new Uint8Array(SECRET_SIZE))),
      code: 0,
    }
  }
  if (command === 'help' || command === '--help' || command === '-h')
    return { output: HELP, code: 0 }
  const problem =
    command === undefined ? '' : `Unknown command: ${[command, ...rest].join(' ')}\n\n`
  return { output: `${problem}${HELP}`, code: 2 }
}
