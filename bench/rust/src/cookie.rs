//! The Cookie header (RFC 6265bis §5.6); `core/cookie.ts` has the grammar.

use core::ops::Range;
use memchr::{memchr, memmem};

pub struct Finder {
    name: memmem::Finder<'static>,
    size: usize,
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn skip_blanks(header: &[u8], mut at: usize, end: usize) -> usize {
    while at < end && is_blank(header[at]) {
        at += 1;
    }
    at
}

fn trim_blanks(header: &[u8], start: usize, mut end: usize) -> usize {
    while end > start && is_blank(header[end - 1]) {
        end -= 1;
    }
    end
}

impl Finder {
    pub fn new(name: &str) -> Self {
        Finder { name: memmem::Finder::new(name).into_owned(), size: name.len() }
    }

    pub fn name_size(&self) -> usize {
        self.size
    }

    /// Where the value of the next cookie of that name at or behind `from` is.
    pub fn find(&self, header: &[u8], mut from: usize) -> Option<Range<usize>> {
        while let Some(offset) = self.name.find(&header[from..]) {
            let place = from + offset;
            from = place + 1;
            let before = trim_blanks(header, 0, place);
            if before != 0 && header[before - 1] != b';' {
                continue;
            }
            let equals = skip_blanks(header, place + self.size, header.len());
            if header.get(equals) != Some(&b'=') {
                continue;
            }
            let rest = &header[equals + 1..];
            let semicolon = equals + 1 + memchr(b';', rest).unwrap_or(rest.len());
            let start = skip_blanks(header, equals + 1, semicolon);
            return Some(start..trim_blanks(header, start, semicolon));
        }
        None
    }
}
