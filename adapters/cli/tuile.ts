#!/usr/bin/env node
/**
 * The program `tuile`.
 *
 * @module
 */
import { text } from 'node:stream/consumers'
import { runCommand } from './commands.ts'

const { output, code } = await runCommand(process.argv.slice(2), {
  env: process.env,
  readInput: () => text(process.stdin),
})
const stream = code === 2 ? process.stderr : process.stdout
// A module that was checked may hold connections, which would keep the process.
stream.write(`${output}\n`, () => process.exit(code))
