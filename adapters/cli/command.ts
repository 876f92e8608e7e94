/**
 * What commands of the program are made of.
 *
 * @module
 */

/** What a command says, and how it ends: 0 is well, 1 is a finding, 2 is a command that is wrong. */
export interface CommandResult {
  readonly output: string
  readonly code: 0 | 1 | 2
}

/** What a command may use of the process. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The standard input, as text. */
  readInput(): Promise<string>
}

/** A command of the program. */
export interface Command {
  /** How it is used. */
  readonly help: string
  /**
   * Runs it, with the words behind its name.
   *
   * @throws UsageError if they are wrong.
   */
  run(words: readonly string[], host: Host): Promise<CommandResult>
}

/** A command that is wrong; the message is for whoever typed it. */
export class UsageError extends Error {}
