import { describe, expect, it } from 'vitest'
import { agreed, bytesOf, engines, hexOf, portableEngine } from './engines.fixture.ts'
import { coreModule } from './module.inline.ts'

/** The key of the official vectors (github.com/BLAKE3-team/BLAKE3, test_vectors/test_vectors.json). */
const KEY = new TextEncoder().encode('whats the Elvish word for friend')

/** Their input: bytes that count from 0 to 250, again and again. */
const input = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => i % 251)

/** The length of the input, and the first 32 bytes of `keyed_hash`. */
const VECTORS: readonly (readonly [size: number, hash: string])[] = [
  [0, '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26'],
  [1, '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b'],
  [1023, 'c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e'],
  [1024, '75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4'],
  [1025, '357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69'],
  [2048, '879cf1fa2ea0e79126cb1063617a05b6ad9d0b696d0d757cf053439f60a99dd1'],
  [2049, '9f29700902f7c86e514ddc4df1e3049f258b2472b6dd5267f61bf13983b78dd5'],
  [3072, '044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770'],
  [3073, '68dede9bef00ba89e43f31a6825f4cf433389fedae75c04ee9f0cf16a427c95a'],
  [4096, 'befc660aea2f1718884cd8deb9902811d332f4fc4a38cf7c7300d597a081bfc0'],
  [4097, '00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc'],
  [5120, '2c493e48e9b9bf31e0553a22b23503c0a3388f035cece68eb438d22fa1943e20'],
  [5121, '6ccf1c34753e7a044db80798ecd0782a8f76f33563accaddbfbb2e0ea4b2d024'],
  [6144, '3d6b6d21281d0ade5b2b016ae4034c5dec10ca7e475f90f76eac7138e9bc8f1d'],
  [6145, '9ac301e9e39e45e3250a7e3b3df701aa0fb6889fbd80eeecf28dbc6300fbc539'],
  [7168, 'b42835e40e9d4a7f42ad8cc04f85a963a76e18198377ed84adddeaecacc6f3fc'],
  [7169, 'ed9b1a922c046fdb3d423ae34e143b05ca1bf28b710432857bf738bcedbfa511'],
  [8192, 'dc9637c8845a770b4cbf76b8daec0eebf7dc2eac11498517f08d44c8fc00d58a'],
  [8193, '954a2a75420c8d6547e3ba5b98d963e6fa6491addc8c023189cc519821b4a1f5'],
  [16384, '9e9fc4eb7cf081ea7c47d1807790ed211bfec56aa25bb7037784c13c4b707b0d'],
  [31744, 'efa53b389ab67c593dba624d898d0f7353ab99e4ac9d42302ee64cbf9939a419'],
  [102400, '1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7'],
]

describe.each(engines)('keyed BLAKE3, $name', (engine) => {
  it.each(VECTORS)('gives the official hash of %i bytes', (size, hash) => {
    expect(hexOf(engine.keyedBlake3(KEY, input(size)))).toBe(hash)
  })

  it('leaves nothing of one message to the next, whole or in pieces', () => {
    for (const [size, hash] of VECTORS.toReversed()) {
      expect(hexOf(engine.keyedBlake3(KEY, input(size))), `${size} bytes`).toBe(hash)
    }
  })
})

describe('keyed BLAKE3, both engines', () => {
  it('agree at every length from 0 to 4,200', () => {
    const message = bytesOf(4200)
    for (let size = 0; size <= message.length; size++) {
      agreed((engine) => hexOf(engine.keyedBlake3(KEY, message.subarray(0, size))))
    }
  })

  // Where the core's four lanes begin another group of chunks, or leave it.
  it('agree around every whole block of 4 to 14 chunks', () => {
    const message = bytesOf(14 * 1024 + 1)
    for (let size = 4096; size < message.length; size += 64) {
      for (const length of [size - 1, size, size + 1]) {
        agreed((engine) => hexOf(engine.keyedBlake3(KEY, message.subarray(0, length))))
      }
    }
  })
})

interface Core {
  readonly memory: WebAssembly.Memory
  readonly INPUT: WebAssembly.Global
  readonly OUTPUT: WebAssembly.Global
  blake3_begin(): void
  blake3_update(len: number): void
  blake3_end(len: number): void
}

/** Keyed BLAKE3 in the core itself, of pieces that are multiples of 1,024 bytes, but for the last. */
function hashInPieces(message: Uint8Array, sizes: readonly number[]): string {
  if (coreModule instanceof Error) throw coreModule
  const core = new WebAssembly.Instance(coreModule).exports as unknown as Core
  const input = new Uint8Array(core.memory.buffer, core.INPUT.value, 16_384)
  input.set(KEY)
  core.blake3_begin()
  let offset = 0
  for (const size of sizes) {
    input.set(message.subarray(offset, offset + size))
    core.blake3_update(size)
    offset += size
  }
  input.set(message.subarray(offset))
  core.blake3_end(message.length - offset)
  return hexOf(new Uint8Array(core.memory.buffer, core.OUTPUT.value, 32))
}

describe('keyed BLAKE3 in pieces', () => {
  it('is that of the whole, wherever the pieces begin', () => {
    for (let first = 1; first <= 6; first++) {
      for (let second = 0; second <= 6; second++) {
        for (const rest of [1, 1024, 1025, 2303, 2304, 3137, 4095, 4096, 4097, 5121, 9000]) {
          const sizes = [first * 1024, second * 1024]
          const message = bytesOf((first + second) * 1024 + rest)
          const whole = hexOf(portableEngine.keyedBlake3(KEY, message))
          expect(hashInPieces(message, sizes), `${sizes} ${rest}`).toBe(whole)
        }
      }
    }
  })
})
