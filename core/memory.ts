/**
 * The memory map: every buffer the kernels and JavaScript share.
 *
 * All of it is static, one page of 64 KiB, so nothing is ever allocated or freed. Buffers end in
 * 64 bytes of slack because kernels load and store whole 16-byte vectors, up to 63 bytes past an end.
 *
 * ```text
 * ┌────────────────┬──────────┬────────────────────────────────────────────────────────┐
 * │ INPUT          │ 16 KiB   │ written by JavaScript: a Cookie header, message, payload│
 * │ OUTPUT         │ 16 KiB   │ read by JavaScript: decoded or encoded text, offsets    │
 * │ RING           │ 1,408 B  │ one cookie name and the keys that sign for it           │
 * │ ├ RING_NAME    │   256 B  │ │ the name, ASCII, not terminated                       │
 * │ ├ RING_PREFIX  │    64 B  │ │ 16 × 4 B: 0, then the 3 characters of a fingerprint   │
 * │ └ RING_KEYS    │ 1,024 B  │ │ 16 × 64 B: HMAC midstates, inner then outer, or a key │
 * │ MIDSTATES      │    64 B  │ midstates of the key last given to `hmac_key`           │
 * │ DIGEST         │    48 B  │ a digest as 8 native words, then 16 zero bytes          │
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
/** Bytes of one key: its SHA-256 midstates after the inner and the outer pad, or BLAKE3's 32 bytes. */
export const KEY_SIZE: i32 = 64

export const INPUT: usize = memory.data(16384 + 64, 16)
export const OUTPUT: usize = memory.data(16384 + 64, 16)
export const RING: usize = memory.data(256 + 64 + 1024 + 64, 16)
export const RING_NAME: usize = RING
export const RING_PREFIX: usize = RING + 256
export const RING_KEYS: usize = RING + 256 + 64
export const MIDSTATES: usize = memory.data(64, 16)
export const DIGEST: usize = memory.data(48, 16)

/** 0 to 15: the place of each byte in a vector. */
// biome-ignore format: a table of constants
export const BYTE_POSITIONS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
], 16)
