/** Programs that run beside the bench: each answers a line on its stdin with a line on its stdout. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A program, asked one question at a time. It ends with this process, which it does not keep alive. */
export class Child {
  #process
  #answers

  /**
   * @param {string} program
   * @param {string[]} [args]
   */
  constructor(program, args = []) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
    this.#process.unref()
    // Pipes are kept apart from their process on Node, and have no unref elsewhere.
    this.#process.stdin.unref?.()
    this.#process.stdout.unref?.()
  }

  /** Sends a line that is not answered. */
  tell(line) {
    this.#process.stdin.write(`${line}\n`)
  }

  /** Sends a line; gives the answer. */
  ask(line) {
    this.tell(line)
    return this.answer()
  }

  /** The next line that the program says. */
  async answer() {
    this.#process.ref()
    const { value, done } = await this.#answers.next()
    this.#process.unref()
    if (done) throw new Error('A program of the bench has stopped')
    return value
  }

  /** Lets the program end. */
  stop() {
    this.#process.stdin.end()
  }
}
