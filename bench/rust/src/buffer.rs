//! The two buffers that JavaScript and Rust share.

use core::cell::UnsafeCell;

/// Bytes that fit; as `CAPACITY` of `core/memory.ts`.
const CAPACITY: usize = 16384;
/// Vectors are loaded and stored whole, so up to 15 bytes past the end.
const SLACK: usize = 64;

#[repr(C, align(16))]
pub struct Buffer(UnsafeCell<[u8; CAPACITY + SLACK]>);

// SAFETY: the module has one thread.
unsafe impl Sync for Buffer {}

pub static INPUT: Buffer = Buffer::new();
pub static OUTPUT: Buffer = Buffer::new();

impl Buffer {
    const fn new() -> Self {
        Buffer(UnsafeCell::new([0; CAPACITY + SLACK]))
    }

    pub fn ptr(&self) -> *mut u8 {
        self.0.get().cast()
    }

    /// The first `len` bytes, at most [`CAPACITY`].
    pub fn bytes(&self, len: usize) -> &[u8] {
        // SAFETY: nothing writes to a buffer while a slice of it is in use.
        unsafe { core::slice::from_raw_parts(self.ptr(), len.min(CAPACITY)) }
    }
}
