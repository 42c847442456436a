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
}
