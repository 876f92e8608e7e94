/**
 * What all tokens have in common: `<k>`, and why they are not opened.
 *
 * @module
 */

/** Characters of `<k>`: the format letter and the fingerprint. */
export const PREFIX_SIZE: i32 = 4
/** The bit that tells lower-case format letters from upper-case ones. */
export const LOWER_CASE: u32 = 0x20

// What `openToken` returns instead of a packed position. bindings/codec/wasm.ts has the same list.
export const NONE: i32 = -1
export const MALFORMED: i32 = -2
export const UNKNOWN_KEY: i32 = -3
export const BAD_SIGNATURE: i32 = -4
export const OVERSIZE: i32 = -5
