/**
 * The native floor: what a program in C does in the time, in a process of its own. It runs a batch
 * when it is told to, so that its batches alternate with those of the others, on the same core.
 */
import { spawnSync } from 'node:child_process'
import { createHmac, hkdfSync } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const source = at('floor.c')
const program = at('dist/floor')
const PLAIN_TEXT = /^[A-Za-z0-9_-]*$/
/** As long as a batch of the others. */
const BATCH_NANOSECONDS = 1e6

const isNewer = (left, right) => statSync(left).mtimeMs > statSync(right).mtimeMs

/** Builds the program, once; gives the reason if that is not possible. */
function build() {
  if (existsSync(program) && isNewer(program, source)) return
  mkdirSync(at('dist'), { recursive: true })
  // Renamed when it is complete: another process may be running the old one.
  const unfinished = `${program}-${process.pid}`
  const options = ['-O3', '-march=native', '-o', unfinished, source, '-lcrypto']
  const { error, status, stderr } = spawnSync('cc', options, { encoding: 'utf8' })
  if (error) return 'no C compiler'
  if (status === 0) return renameSync(unfinished, program)
  const missing = /fatal error: (\S+): No such file/.exec(stderr)
  return missing ? `no ${missing[1]} (libssl-dev)` : stderr.trim().split('\n')[0]
}

/**
 * The signer. Tokens are Tuile's, made with `createHmac` as bindings/token.ts says that anyone can.
 *
 * @returns {import('../contenders/signers/index.js').Signer | string}
 */
export function nativeFloor({ cookieName, secrets: [secret] }) {
  const absent = build()
  if (absent) return absent
  const derived = Buffer.from(hkdfSync('sha256', secret, '', `tuile/1/codec/${cookieName}`, 35))
  const key = derived.subarray(0, 32)
  const fingerprint = derived.subarray(32).toString('base64url').slice(0, 3)
  const floor = new Child(program)
  floor.tell(`K ${cookieName} ${key.toString('hex')} ${fingerprint}`)

  return {
    name: 'native floor',
    isAsync: true,
    encodesText: true,
    sign(text) {
      const value = PLAIN_TEXT.test(text)
        ? `T${fingerprint}${text}`
        : `P${fingerprint}${Buffer.from(text).toString('base64url')}`
      return `${cookieName}=${value}.${createHmac('sha256', key).update(value).digest('base64url')}`
    },
    async verify(header) {
      const answer = await floor.ask(`V ${header}`)
      return answer[0] === '+' ? Buffer.from(answer.slice(1), 'hex').toString() : null
    },
    /** Gives what runs a batch over the headers: the nanoseconds of one call. */
    async sampleVerify(headers) {
      floor.tell('C')
      for (const header of headers) floor.tell(`H ${header}`)
      let count = 1000
      return async () => {
        const nanoseconds = Number(await floor.ask(`B ${count}`))
        count = Math.ceil(BATCH_NANOSECONDS / nanoseconds)
        return nanoseconds
      }
    },
  }
}
