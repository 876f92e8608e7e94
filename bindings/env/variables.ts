/**
 * Variables of the environment, read strictly.
 *
 * @module
 */
import { ConfigurationError } from '../errors.ts'

/** The words for yes and no, as they are written in `.env` files. */
const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
}

/** The variables of an environment. One that is empty is not set. */
export class Variables {
  readonly env: Readonly<Record<string, unknown>>

  /** @throws ConfigurationError if it is no environment. */
  constructor(env: object) {
    if (typeof env !== 'object' || env === null) {
      throw new ConfigurationError('sessionsFromEnv needs an environment, such as process.env')
    }
    this.env = env as Readonly<Record<string, unknown>>
  }

  /** A text, without the spaces around it. */
  text(name: string): string | undefined {
    const value = this.env[name]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw new ConfigurationError(`${name} must be a text`)
    return value.trim() || undefined
  }

  /** Yes or no. */
  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined) return undefined
    if (Object.hasOwn(FLAGS, text)) return FLAGS[text]
    throw new ConfigurationError(`${name} must be true or false, not ${JSON.stringify(text)}`)
  }

  /** A positive number. */
  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) > 0) return Number(text)
    throw new ConfigurationError(`${name} must be a positive number, not ${JSON.stringify(text)}`)
  }
}

/**
 * Does something with what a variable said.
 *
 * @throws ConfigurationError whose message begins with the variable's name.
 */
export function named<Result>(name: string, use: () => Result): Result {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new ConfigurationError(`${name}: ${error.message}`)
  }
}
