/**
 * The demo as a program: `npm start`.
 *
 * @module
 */
import { ConfigurationError } from '../../bindings/index.ts'
import { parseOptions, USAGE, UsageError } from './options.ts'
import { StartError, startDemo } from './serve.ts'

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env)
  if (options === null) {
    console.log(USAGE)
    return
  }
  const demo = await startDemo(options)
  for (const line of demo.lines) console.log(line)
  // Once: whoever asks twice does not want to wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => demo.stop())
}

try {
  await main()
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`)
    process.exitCode = 2
  } else if (error instanceof ConfigurationError) {
    console.error(`SESSION_SECRET cannot be used: ${error.message}`)
    process.exitCode = 2
  } else if (error instanceof StartError) {
    console.error(error.message)
    process.exitCode = 1
  } else {
    throw error
  }
}
