/**
 * The promises of the five systems that are about types: small programs, compiled as strictly as this
 * repository is, which must have an error on each line that says so and on no other.
 *
 * @module
 */
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, expect, it } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))

const PROGRAMS = {
  A49: `
    import type { SessionStorage, StoredRecord, WriteOptions } from '../../bindings/index.ts'

    export class Good implements SessionStorage {
      async read(key: string): Promise<StoredRecord | null> {
        return key === '' ? null : { value: '{}', version: 1, expiresAt: 0 }
      }
      async write(key: string, value: string, options: WriteOptions): Promise<boolean> {
        return key !== value && options.ifVersion === null
      }
      async destroy(_key: string): Promise<void> {}
    }
    export class WithoutDestroy implements SessionStorage { // error
      read(): null { return null }
      write(): boolean { return false }
    }
    export class GivesText implements SessionStorage {
      read(): string { return '' } // error
      write(): boolean { return false }
      destroy(): void {}
    }
    export class SaysNothing implements SessionStorage {
      read(): null { return null }
      async write(): Promise<void> {} // error
      destroy(): void {}
    }`,
  R03: `
    import type { SessionsOptions } from '../../bindings/index.ts'

    type Options = SessionsOptions<{ userId: number }>
    const secrets = ''
    export const good = {
      secrets,
      lifetime: 7200,
      cookie: { name: 'rudderjs_session', secure: true, httpOnly: true, sameSite: 'lax', path: '/' },
    } satisfies Options
    export const bad = [
      { secrets, lifeTime: 7200 } satisfies Options, // error
      { secrets, lifetime: '2h' } satisfies Options, // error
      { secrets, cookie: { sameSite: 'loose' } } satisfies Options, // error
      { secrets, cookie: { maxage: 1 } } satisfies Options, // error
      { lifetime: 7200 } satisfies Options, // error
    ]`,
  K13: `
    import { createSessions } from '../../bindings/index.ts'

    const sessions = createSessions<{ userId?: string; theme?: string }>({ secrets: '' })
    export async function use(): Promise<string | undefined> {
      const session = await sessions.read(null)
      session.set('userId', 'ada')
      session.unset('theme')
      session.set('userId', 42) // error
      session.set('user', 'ada') // error
      session.get('user') // error
      session.unset('colour') // error
      const userId: string | undefined = session.get('userId')
      const number: number | undefined = session.get('theme') // error
      return userId ?? String(number)
    }`,
  X26: `
    import type { Session } from '../../bindings/index.ts'

    interface Data { userId: number; cart: string[] }
    interface Flash { notice: string }
    export function use(session: Session<Data, Flash>): void {
      session.set('cart', ['tea'])
      session.flash('notice', 'Saved')
      session.update('userId', (id = 0) => id + 1)
      const seen: [number | undefined, string | undefined] = [
        session.get('userId'),
        session.get('notice'),
      ]
      const kept: string[] = session.get('cart', [])
      session.set('cart', [1]) // error
      session.set('notice', 'Saved') // error
      session.flash('notice', 1) // error
      session.flash('cart', ['tea']) // error
      session.getFlash('userId') // error
      session.update('userId', (id) => String(id)) // error
      session.has('nothing') // error
      session.keep('cart') // error
      const never: string = session.get('userId') // error
      session.id = never + seen + kept // error
    }`,
}

let program: ts.Program
const pathOf = (id: string): string => `${here}${id}.virtual.ts`

beforeAll(() => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const virtual = new Map(Object.entries(PROGRAMS).map(([id, text]) => [pathOf(id), text]))
  const host = ts.createCompilerHost({ ...options, types: [] })
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => virtual.has(path) || fileExists(path)
  host.readFile = (path) => virtual.get(path) ?? readFile(path)
  host.getSourceFile = (path, target, ...rest) => {
    const text = virtual.get(path)
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target)
  }
  const unused = { noUnusedLocals: false, noUnusedParameters: false }
  program = ts.createProgram([...virtual.keys()], { ...options, ...unused, types: [] }, host)
})

/** Asserts that the compiler finds an error on each line that is marked, and on no other. */
function check(id: keyof typeof PROGRAMS): void {
  const file = program.getSourceFile(pathOf(id))!
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
  const lines = PROGRAMS[id].split('\n')
  const marked = lines.filter((line) => line.endsWith('// error'))
  const numbers = found.map(({ start }) => file.getLineAndCharacterOfPosition(start!).line)
  expect(marked.length).toBeGreaterThan(0)
  expect([...new Set(numbers)].map((line) => lines[line])).toEqual(marked)
}

it('A49 a storage of ones own is checked against the contract', () => check('A49'))

it('R03 options satisfy SessionsOptions, and a wrong name or value does not', () => check('R03'))

it('K13 createSessions takes the type of the data', () => check('K13'))

it('X26 keys and values are checked, of the data and of flash messages', () => check('X26'))
