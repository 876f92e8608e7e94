//! base64url without padding (RFC 4648 §5), strict, in SIMD: the algorithm of `core/base64url.ts`.

use core::arch::wasm32::*;
use core::hint::black_box;

type Table = [u8; 16];

#[rustfmt::skip]
static DECODE: [Table; 3] = [
    // the classes of high nibble that a low nibble rules out
    [0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x23, 0x3b, 0x3b, 0x3a, 0x3b, 0x33],
    // the class of a high nibble
    [0x20, 0x20, 0x01, 0x02, 0x04, 0x08, 0x04, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20],
    // the distance from a character to its sextet, by high nibble
    [0, 0, 17, 4, 191, 191, 185, 185, 0, 0, 0, 0, 0, 0, 0, 0],
];

#[rustfmt::skip]
static ENCODE: [Table; 2] = [
    // the distance from a sextet to its character, by class
    [71, 252, 252, 252, 252, 252, 252, 252, 252, 252, 252, 239, 32, 65, 0, 0],
    // three bytes to one 24-bit number
    [2, 1, 0, 255, 5, 4, 3, 255, 8, 7, 6, 255, 11, 10, 9, 255],
];

const POSITION: v128 = u8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

/// Loads tables, once before a loop: V8 builds a constant of the code anew on every turn.
fn load<const N: usize>(tables: &'static [Table; N]) -> [v128; N] {
    black_box(tables).map(|table| unsafe { v128_load(table.as_ptr().cast()) })
}

/// The first `len` of 16 lanes.
fn first_lanes(len: usize) -> v128 {
    i8x16_gt(i8x16_splat(len as i8), POSITION)
}

/// Encodes `len` bytes at `source` to `target`; returns the number of characters. Reads and writes
/// up to 15 bytes past the ends.
pub fn encode(mut target: *mut u8, mut source: *const u8, len: usize) -> usize {
    let [distance, pick] = load(&ENCODE);
    let mut left = len;
    while left > 0 {
        // SAFETY: the buffers have that slack.
        let mut bytes = unsafe { v128_load(source.cast()) };
        if left < 12 {
            bytes = v128_and(bytes, first_lanes(left));
        }
        let numbers = i8x16_swizzle(bytes, pick);
        let sextets = v128_or(
            v128_or(
                v128_and(u32x4_shr(numbers, 18), u32x4_splat(0x3f)),
                v128_and(u32x4_shr(numbers, 4), u32x4_splat(0x3f00)),
            ),
            v128_or(
                v128_and(u32x4_shl(numbers, 10), u32x4_splat(0x3f0000)),
                v128_and(u32x4_shl(numbers, 24), u32x4_splat(0x3f000000)),
            ),
        );
        let upper = v128_and(u8x16_lt(sextets, u8x16_splat(26)), u8x16_splat(13));
        let kind = v128_or(u8x16_sub_sat(sextets, u8x16_splat(51)), upper);
        let characters = i8x16_add(sextets, i8x16_swizzle(distance, kind));
        unsafe {
            v128_store(target.cast(), characters);
            source = source.add(12);
            target = target.add(16);
        }
        left = left.saturating_sub(12);
    }
    (len * 4).div_ceil(3)
}

/// Decodes `len` characters at `source` to `target`; returns the number of bytes, or `None` if they
/// are not strictly base64url. Reads and writes up to 15 bytes past the ends.
pub fn decode(target: *mut u8, mut source: *const u8, len: usize) -> Option<usize> {
    if len % 4 == 1 {
        return None;
    }
    let [ruled_out, classes, distance] = load(&DECODE);
    let nibble = u8x16_splat(15);
    let mut bad = u8x16_splat(0);
    let mut out = target;
    let mut left = len;
    while left > 0 {
        // SAFETY: the buffers have that slack.
        let mut text = unsafe { v128_load(source.cast()) };
        if left < 16 {
            text = v128_bitselect(text, u8x16_splat(b'A'), first_lanes(left));
        }
        let high = v128_and(u16x8_shr(text, 4), nibble);
        let low = v128_and(text, nibble);
        let wrong = v128_and(i8x16_swizzle(ruled_out, low), i8x16_swizzle(classes, high));
        bad = v128_or(bad, wrong);
        // '_' has another distance than the rest of its row.
        let underscore = v128_and(u8x16_eq(text, u8x16_splat(b'_')), u8x16_splat(33));
        let sextets = i8x16_add(i8x16_add(text, i8x16_swizzle(distance, high)), underscore);
        let pairs = v128_or(u16x8_shr(u16x8_shl(sextets, 8), 2), u16x8_shr(sextets, 8));
        let numbers = i32x4_dot_i16x8(pairs, i16x8(4096, 1, 4096, 1, 4096, 1, 4096, 1));
        let bytes = i8x16_shuffle::<2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3>(
            numbers, numbers,
        );
        unsafe {
            v128_store(out.cast(), bytes);
            source = source.add(16);
            out = out.add(12);
        }
        left = left.saturating_sub(16);
    }
    let total = len * 3 / 4;
    // Spare bits of a last group of 2 or 3 characters landed in the byte behind.
    let spare = if len % 4 == 0 { 0 } else { unsafe { target.add(total).read() } };
    (!v128_any_true(bad) && spare == 0).then_some(total)
}
