/**
 * The memory map: every buffer the kernels and JavaScript share.
 *
 * All of it is static, one page of 64 KiB, so nothing is ever allocated or freed. Between two calls
 * RING and NONCES are all that is not zero: who wrote to a buffer wipes what was written. Buffers end in
 * 64 bytes of slack because kernels load and store whole 16-byte vectors, up to 63 bytes past an end;
 * the long ones in 128, because what is sealed is 40 bytes longer than its payload. The lanes of BLAKE3
 * load up to 4 KiB past an end: whatever lies there, since nobody takes what they make of it.
 *
 * ```text
 * ┌────────────────┬──────────┬────────────────────────────────────────────────────────┐
 * │ INPUT          │ 16 KiB   │ written by JavaScript: a Cookie header, message, payload│
 * │ OUTPUT         │ 16 KiB   │ read by JavaScript: decoded or encoded text, offsets    │
 * │ RING           │ 1,952 B  │ one cookie name and its keys                            │
 * │ ├ head         │    32 B  │ │ eight numbers: `RING_NAME_SIZE` and the others below  │
 * │ ├ RING_NAME    │   256 B  │ │ the name, ASCII, not terminated                       │
 * │ ├ SIGN_PREFIX  │    64 B  │ │ 16 × 4 B: 0, then the 3 characters of a fingerprint   │
 * │ ├ SEAL_PREFIX  │    64 B  │ │ the same, of the keys that seal                       │
 * │ └ RING_KEYS    │ 1,536 B  │ │ 16 × 96 B: HMAC midstates, inner then outer, or a key │
 * │                │          │ │ of BLAKE3, in 64 B; then the key that seals, 32 B     │
 * │ NONCES         │ 1,536 B  │ 64 × 24 B: random nonces for what will be sealed        │
 * │ MIDSTATES      │    64 B  │ midstates of the key last given to `hmac_key`           │
 * │ SCRATCH        │   256 B  │ what kernels leave behind; zero between two calls       │
 * │ ├ DIGEST       │    48 B  │ │ a digest as 8 native words, then 16 zero bytes        │
 * │ ├ INNER        │    32 B  │ │ the inner digest of an HMAC                           │
 * │ ├ MAC          │    48 B  │ │ a MAC, encoded                                        │
 * │ ├ WORDS        │    64 B  │ │ the message block in work                             │
 * │ ├ CHAIN        │    32 B  │ │ a chaining value of BLAKE3                            │
 * │ └ RUNNING      │    32 B  │ │ the state of a message that comes in pieces           │
 * └────────────────┴──────────┴────────────────────────────────────────────────────────┘
 * ```
 *
 * @module
 */

/** Bytes that fit INPUT and OUTPUT. Node refuses a larger header block by default. */
export const CAPACITY: i32 = 16384
/** Bytes that fit RING_NAME. */
export const NAME_CAPACITY: i32 = 256
/** Keys that fit RING_KEYS. */
export const KEY_CAPACITY: i32 = 16
/** Bytes of one place for keys: one that signs, as midstates or as it is, and one that seals. */
export const KEY_SIZE: i32 = 96
/** Where in its place the key that seals begins. */
export const SEAL_KEY: usize = 64

export const INPUT: usize = memory.data(16384 + 128, 16)
export const OUTPUT: usize = memory.data(16384 + 128, 16)
export const RING: usize = memory.data(32 + 256 + 64 + 64 + 1536 + 64, 16)
/** Bytes of the name. */
export const RING_NAME_SIZE: usize = RING
/** Bytes that a cookie may have, name and value together. */
export const RING_LIMIT: usize = RING + 4
/** How tokens are signed: see token.ts. */
export const RING_MAC: usize = RING + 8
/** How many keys sign. */
export const RING_SIGNERS: usize = RING + 12
/** How many keys seal. */
export const RING_SEALERS: usize = RING + 16
/** Which key the token had that was opened last. */
export const RING_OPENED: usize = RING + 20
export const RING_NAME: usize = RING + 32
export const SIGN_PREFIX: usize = RING + 32 + 256
export const SEAL_PREFIX: usize = RING + 32 + 256 + 64
export const RING_KEYS: usize = RING + 32 + 256 + 64 + 64
export const NONCES: usize = memory.data(64 * 24 + 16, 16)
export const MIDSTATES: usize = memory.data(64, 16)
export const SCRATCH: usize = memory.data(256, 16)
export const SCRATCH_SIZE: i32 = 256
export const DIGEST: usize = SCRATCH
export const INNER: usize = SCRATCH + 48
export const MAC: usize = SCRATCH + 80
export const WORDS: usize = SCRATCH + 128
export const CHAIN: usize = SCRATCH + 192
export const RUNNING: usize = SCRATCH + 224

/** 0 to 15: the place of each byte in a vector. */
// biome-ignore format: a table of constants
export const BYTE_POSITIONS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], 16)

/** From this length on the host's own fill is faster than a loop. */
const LONG: i32 = 1024

/** Zeros `len` bytes at `ptr`, rounded up to a multiple of 64. */
export function wipe(ptr: usize, len: i32): void {
  if (len > LONG) {
    memory.fill(ptr, 0, (len + 63) & ~63)
    return
  }
  const zero = i64x2.splat(0)
  for (const end = ptr + <usize>len; ptr < end; ptr += 64) {
    v128.store(ptr, zero)
    v128.store(ptr, zero, 16)
    v128.store(ptr, zero, 32)
    v128.store(ptr, zero, 48)
  }
}
