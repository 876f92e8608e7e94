/**
 * The commands of the program `tuile`.
 *
 * @module
 */
import { ConfigurationError } from '../../bindings/errors.ts'
import { type Command, type CommandResult, type Host, UsageError } from './command.ts'
import { doctor } from './doctor.ts'
import { inspect } from './inspect.ts'
import { keygen } from './keygen.ts'
import { printable } from './printable.ts'

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['keygen', keygen],
  ['doctor', doctor],
  ['inspect', inspect],
])

const HELP = `Usage: tuile <command>

  keygen    Print a new secret
  doctor    Check a configuration, from the environment or a module
  inspect   Say what is inside of a cookie, and why it does or does not verify

tuile <command> --help says more.`

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'

/** Whether an error says that the command is wrong, rather than this program. */
function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof ConfigurationError) return true
  return String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS_')
}

/** Runs a command, given as the words behind the program's name. */
export async function runCommand(
  [name, ...words]: readonly string[],
  host: Host
): Promise<CommandResult> {
  if (name === 'help' || isHelp(name)) return { output: HELP, code: 0 }
  const command = COMMANDS.get(name ?? '')
  if (command === undefined) {
    const problem = name === undefined ? '' : `Unknown command: ${printable(name)}\n\n`
    return { output: `${problem}${HELP}`, code: 2 }
  }
  if (words.some(isHelp)) return { output: command.help, code: 0 }
  try {
    return await command.run(words, host)
  } catch (error) {
    if (!isUsage(error)) throw error
    return { output: `${printable(error.message)}\n\n${command.help}`, code: 2 }
  }
}
