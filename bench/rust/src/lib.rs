//! The hot path of `core/` in Rust: from the bytes of a Cookie header to a verified value.
//!
//! It does what `core/token.ts` does, the way a Rust program would: RustCrypto's `sha2` and `hmac`,
//! `memchr` to find the cookie, `wasm-bindgen` for the class. Headers and payloads pass through two
//! static buffers, as in `core/memory.ts`, so a call neither allocates nor converts a string.

mod base64url;
mod buffer;
mod cookie;
mod token;

use token::Key;
use wasm_bindgen::prelude::*;

/// Where JavaScript writes a header, a text or a payload.
#[wasm_bindgen]
pub fn input() -> *const u8 {
    buffer::INPUT.ptr()
}

/// Where JavaScript reads a decoded payload or a token.
#[wasm_bindgen]
pub fn output() -> *const u8 {
    buffer::OUTPUT.ptr()
}

/// One cookie name and the keys that sign for it, the newest first.
#[wasm_bindgen]
pub struct Ring {
    finder: cookie::Finder,
    keys: Vec<Key>,
}

#[wasm_bindgen]
impl Ring {
    #[wasm_bindgen(constructor)]
    pub fn new(cookie_name: &str) -> Ring {
        Ring { finder: cookie::Finder::new(cookie_name), keys: Vec::new() }
    }

    /// Adds a key and the three characters that tell it from the others.
    pub fn add(&mut self, key: &[u8], fingerprint: &str) {
        self.keys.push(Key::new(key, fingerprint));
    }

    /// Finds and verifies the cookie in the header of `len` bytes in INPUT; decodes a payload.
    /// Returns `key << 26 | start << 12 | length`, or a negative reason.
    pub fn open(&self, len: usize) -> i32 {
        token::open(&self.finder, &self.keys, buffer::INPUT.bytes(len))
    }

    /// The MAC of the `len` characters in INPUT under the newest key: 43 characters in OUTPUT.
    pub fn sign_text(&self, len: usize) {
        token::sign(&self.keys[0], buffer::INPUT.bytes(len), buffer::OUTPUT.ptr());
    }

    /// The token of the payload of `len` bytes in INPUT, in OUTPUT; returns its length.
    pub fn sign_payload(&self, len: usize, format: u8) -> usize {
        token::sign_payload(&self.keys[0], buffer::INPUT.bytes(len), format)
    }
}
