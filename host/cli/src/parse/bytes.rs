//! Numbers of bytes: `64MiB`.

use bytesize::ByteSize;

/// Reads a number of bytes above zero.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let size: ByteSize = text
        .trim()
        .parse()
        .map_err(|_| "write a number of bytes, with a unit if you like: 64MiB, 500kB, 65536".to_owned())?;
    if size.as_u64() == 0 { Err("it must be more than zero".to_owned()) } else { Ok(size.as_u64()) }
}

/// What is kept of each stream of one run: more would be a store of files, and would not fit into one answer of the
/// control API, of which clients read 16 MiB.
const KEPT_MAX: u64 = 8 * 1024 * 1024;

/// As [`bytes`], up to 8 MiB; `0` is nothing.
pub(crate) fn bytes_or_none(text: &str) -> Result<usize, String> {
    let size = if text.trim() == "0" { 0 } else { bytes(text)? };
    match usize::try_from(size) {
        Ok(len) if size <= KEPT_MAX => Ok(len),
        _ => Err("it must not be more than 8MiB".to_owned()),
    }
}

/// As [`bytes`], of a stack for guests: what an engine takes.
pub(crate) fn wasm_stack(text: &str) -> Result<usize, String> {
    match usize::try_from(bytes(text)?) {
        Ok(len) if (64 * 1024..=8 * 1024 * 1024).contains(&len) => Ok(len),
        _ => Err("it must be from 64KiB to 8MiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_nonsense_is_not() {
        for (text, size) in [("64MiB", 64 << 20), ("500kB", 500_000), ("65536", 65_536), ("1 GiB", 1 << 30)] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MiB", "64 parsecs", "-1", "0x10"] {
            assert!(bytes(text).is_err_and(|e| e.contains("64MiB")), "{text}");
        }
        for text in ["0", "0MiB"] {
            assert!(bytes(text).is_err_and(|e| e.contains("more than zero")), "{text}");
        }
    }

    #[test]
    fn a_stack_is_what_an_engine_takes() {
        assert_eq!(wasm_stack("1MiB"), Ok(1 << 20));
        for text in ["63KiB", "9MiB", "much"] {
            assert!(wasm_stack(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_may_be_kept_and_not_too_much() {
        assert_eq!(bytes_or_none("0"), Ok(0));
        assert_eq!(bytes_or_none("8MiB"), Ok(8 << 20));
        assert!(bytes_or_none("9MiB").is_err_and(|e| e.contains("8MiB")));
        assert!(bytes_or_none("0 parsecs").is_err());
    }
}
