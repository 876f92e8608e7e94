#!/usr/bin/env node
/**
 * The program `tuile`.
 *
 * @module
 */
import { runCommand } from './commands.ts'

const { output, code } = runCommand(process.argv.slice(2))
if (code === 0) console.log(output)
else console.error(output)
process.exitCode = code
