//! Tokens, `<k><text>.<mac>`; `bindings/token.ts` has the format.

use crate::base64url::{decode, encode};
use crate::buffer::OUTPUT;
use crate::cookie::Finder;
use core::arch::wasm32::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const MAC_SIZE: usize = 43;
const PREFIX_SIZE: usize = 4;
const MAX_COOKIE_SIZE: usize = 4096;
const MAX_DUPLICATES: usize = 4;

const NONE: i32 = -1;
const MALFORMED: i32 = -2;
const UNKNOWN_KEY: i32 = -3;
const BAD_SIGNATURE: i32 = -4;
const OVERSIZE: i32 = -5;

/// A key that HMAC has absorbed: a clone of it costs no compression.
pub struct Key {
    keyed: Hmac<Sha256>,
    fingerprint: [u8; 3],
}

impl Key {
    pub fn new(key: &[u8], fingerprint: &str) -> Self {
        Key {
            keyed: Hmac::new_from_slice(key).expect("HMAC takes keys of any length"),
            fingerprint: fingerprint.as_bytes().try_into().expect("three characters"),
        }
    }
}

/// Writes the MAC of a text to `target`: 43 characters, of 48 bytes that are written.
pub fn sign(key: &Key, text: &[u8], target: *mut u8) {
    let digest = key.keyed.clone().chain_update(text).finalize().into_bytes();
    let mut padded = [0u8; 48];
    padded[..32].copy_from_slice(&digest);
    encode(target, padded.as_ptr(), 32);
}

/// Whether the 43 characters at `given` are the MAC of a text, in constant time.
fn is_mac(key: &Key, text: &[u8], given: *const u8) -> bool {
    #[repr(align(16))]
    struct Encoded([u8; 48]);
    let mut right = Encoded([0; 48]);
    sign(key, text, right.0.as_mut_ptr());
    let difference = |at: usize| unsafe {
        // SAFETY: both have 48 bytes that may be read.
        v128_xor(v128_load(right.0.as_ptr().add(at).cast()), v128_load(given.add(at).cast()))
    };
    // The last vector holds 11 characters of the MAC and 5 that are none.
    let ours = u8x16(255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0);
    let tail = v128_and(difference(32), ours);
    !v128_any_true(v128_or(v128_or(difference(0), difference(16)), tail))
}

/// Which of the keys signed the token, or a negative reason.
fn verify(keys: &[Key], token: &[u8]) -> i32 {
    let Some(dot) = token.len().checked_sub(MAC_SIZE + 1) else { return MALFORMED };
    if dot < PREFIX_SIZE || token[dot] != b'.' || !matches!(token[0], b'T' | b't' | b'P' | b'p') {
        return MALFORMED;
    }
    let mut reason = UNKNOWN_KEY;
    for (index, key) in keys.iter().enumerate() {
        if token[1..PREFIX_SIZE] != key.fingerprint {
            continue;
        }
        if is_mac(key, &token[..dot], token[dot + 1..].as_ptr()) {
            return index as i32;
        }
        reason = BAD_SIGNATURE;
    }
    reason
}

/// Finds the cookie in a header and verifies it: the first that verifies of at most four.
pub fn open(finder: &Finder, keys: &[Key], header: &[u8]) -> i32 {
    let mut reason = NONE;
    let mut from = 0;
    for _ in 0..MAX_DUPLICATES {
        let Some(value) = finder.find(header, from) else { break };
        from = value.end;
        let token = &header[value.clone()];
        let fits = finder.name_size() + token.len() <= MAX_COOKIE_SIZE;
        let mut key = if fits { verify(keys, token) } else { OVERSIZE };
        if key >= 0 {
            let text = &token[PREFIX_SIZE..token.len() - MAC_SIZE - 1];
            let is_payload = matches!(token[0], b'P' | b'p');
            let size = match is_payload {
                true => decode(OUTPUT.ptr(), text.as_ptr(), text.len()),
                false => Some(text.len()),
            };
            if let Some(size) = size {
                return key << 26 | ((value.start + PREFIX_SIZE) << 12 | size) as i32;
            }
            key = MALFORMED;
        }
        if reason == NONE {
            reason = key;
        }
    }
    reason
}

/// Writes the token of a payload to OUTPUT; returns its length.
pub fn sign_payload(key: &Key, payload: &[u8], format: u8) -> usize {
    let [a, b, c] = key.fingerprint;
    let target = OUTPUT.ptr();
    // SAFETY: the largest token fits; the text is signed before its MAC is written behind it.
    unsafe {
        target.cast::<[u8; PREFIX_SIZE]>().write([format, a, b, c]);
        let dot = PREFIX_SIZE + encode(target.add(PREFIX_SIZE), payload.as_ptr(), payload.len());
        sign(key, OUTPUT.bytes(dot), target.add(dot + 1));
        target.add(dot).write(b'.');
        dot + 1 + MAC_SIZE
    }
}
