import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CORE_HEX } from './core.generated.ts'
import { hexOf } from './engines.fixture.ts'

type Select = typeof import('./select.ts')
type Inline = typeof import('./module.inline.ts')

/** The modules as a host evaluates them that has no state of ours yet. */
const select = (): Promise<Select> => import('./select.ts')
const inline = (): Promise<Inline> => import('./module.inline.ts')

describe('selectEngine()', () => {
  beforeEach(() => {
    vi.resetModules()
    vi.stubEnv('TUILE_ENGINE', '')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
    vi.doUnmock('#core-module')
  })

  const abc = new TextEncoder().encode('abc')

  it('selectEngine() takes WASM where it runs, and says how the core was loaded', async () => {
    const { defaultEngine, defaultEngineInfo } = await select()
    expect(defaultEngine.name).toBe('wasm')
    expect(defaultEngineInfo).toEqual({
      name: 'wasm',
      reason: 'WebAssembly module loaded (inline)',
    })
  })

  it.each(['wasm', 'portable'] as const)(
    'selectEngine() gives %s if it is asked for',
    async (name) => {
      const { selectEngine } = await select()
      const { engine, info } = selectEngine(name)
      expect(engine.name).toBe(name)
      expect(info).toEqual({ name, reason: 'asked for' })
      expect(hexOf(engine.sha256(abc)).slice(0, 8)).toBe('ba7816bf')
    }
  )

  it.each(['wasm', 'portable'] as const)('TUILE_ENGINE=%s forces it', async (name) => {
    vi.stubEnv('TUILE_ENGINE', name)
    const { defaultEngine, defaultEngineInfo } = await select()
    expect(defaultEngine.name).toBe(name)
    expect(defaultEngineInfo.reason).toBe('asked for')
  })

  it('TUILE_ENGINE that is no engine changes nothing', async () => {
    vi.stubEnv('TUILE_ENGINE', 'native')
    expect((await select()).defaultEngine.name).toBe('wasm')
  })

  it('selectEngine() needs no process', async () => {
    const { selectEngine } = await select()
    // No longer than one call: the test runner needs it.
    vi.stubGlobal('process', undefined)
    const { engine } = selectEngine()
    vi.unstubAllGlobals()
    expect(engine.name).toBe('wasm')
  })

  it.each([
    ['cannot be compiled', new Error('unsafe-eval is forbidden')],
    ['cannot be instantiated', {} as WebAssembly.Module],
  ])('selectEngine() takes the portable engine if the core %s', async (_, coreModule) => {
    vi.doMock('#core-module', () => ({ coreModule, origin: 'inline' }))
    const { defaultEngine, defaultEngineInfo, selectEngine } = await select()
    const { EngineUnavailableError } = await import('../errors.ts')
    expect(defaultEngine.name).toBe('portable')
    expect(defaultEngineInfo.name).toBe('portable')
    expect(defaultEngineInfo.reason).toMatch(/^WebAssembly is not available: ./)
    expect(() => selectEngine('wasm')).toThrow(EngineUnavailableError)
    expect(selectEngine('portable').engine).toBe(defaultEngine)
    expect(hexOf(defaultEngine.sha256(abc)).slice(0, 8)).toBe('ba7816bf')
  })

  it('selectEngine() takes the portable engine where there is no WebAssembly at all', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    const { defaultEngine } = await select()
    expect(defaultEngine.name).toBe('portable')
  })

  it('TUILE_ENGINE=wasm throws where WASM cannot run', async () => {
    vi.stubEnv('TUILE_ENGINE', 'wasm')
    vi.doMock('#core-module', () => ({ coreModule: new Error('no'), origin: 'inline' }))
    await expect(select()).rejects.toThrow(/The WASM engine cannot run here: no/)
  })
})

describe('module.inline', () => {
  beforeEach(() => void vi.resetModules())
  afterEach(() => void vi.unstubAllGlobals())

  const exportsOf = ({ coreModule }: Inline): number =>
    coreModule instanceof Error ? 0 : WebAssembly.Module.exports(coreModule).length

  it('module.inline decodes the core with Buffer, with Uint8Array.fromHex and with neither', async () => {
    const withBuffer = exportsOf(await inline())
    expect(withBuffer).toBeGreaterThan(10)

    vi.resetModules()
    const fromHex = vi.fn((text: string) => Uint8Array.from(Buffer.from(text, 'hex')))
    vi.stubGlobal('Uint8Array', Object.assign(class extends Uint8Array {}, { fromHex }))
    expect(exportsOf(await inline())).toBe(withBuffer)
    expect(fromHex).toHaveBeenCalledWith(CORE_HEX)
    vi.unstubAllGlobals()

    vi.resetModules()
    vi.stubGlobal('Buffer', undefined)
    expect(exportsOf(await inline())).toBe(withBuffer)
  })

  it('module.inline gives the error of a host that forbids WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', {
      Module: class {
        constructor() {
          throw new EvalError('Refused to compile')
        }
      },
    })
    const { coreModule } = await inline()
    expect(coreModule).toBeInstanceOf(EvalError)
  })
})
