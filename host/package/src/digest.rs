//! SHA-256: of a file, of an archive, of a package.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;
use sha2::Sha256;

use crate::path::PackagePath;
use crate::text::excerpt;

/// A SHA-256, written as 64 lower-case hexadecimal digits.
///
/// That of a package is taken over a listing of its files: for each, sorted by path, its own SHA-256, its length in
/// bytes and its path, with a space in between and a line break at the end. So it is the same for a directory and any
/// archive of it, and anybody can check it with `sha256sum`. Empty folders, times and modes do not count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that is no SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no SHA-256: write its 64 hexadecimal digits, as `sha256sum` prints them")]
pub struct DigestError {
    text: String,
}

impl Digest {
    /// That of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn finish(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let refused = || DigestError { text: excerpt(text) };
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            // `certutil` and some web pages write it so.
            b'A'..=b'F' => Some(byte - b'A' + 10),
            _ => None,
        };
        let digits: Vec<u8> = text.bytes().take(65).map_while(digit).collect();
        if digits.len() != text.len() {
            return Err(refused());
        }
        let bytes: Vec<u8> =
            digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        if digits.len() != 64 {
            return Err(refused());
        }
        bytes.try_into().map(Self).map_err(|_| refused())
    }
}

/// One file, as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileRecord {
    /// Bytes.
    pub(crate) len: u64,
    pub(crate) sha256: Digest,
}

/// All files of a package, sorted by path.
pub(crate) type Contents = BTreeMap<PackagePath, FileRecord>;

/// The digest of the package that holds `contents`.
pub(crate) fn of_package(contents: &Contents) -> Digest {
    let mut hash = Sha256::new();
    for (path, FileRecord { len, sha256 }) in contents {
        // No path holds a line break, so no two listings are the same text.
        hash.update(format!("{sha256} {len} {path}\n"));
    }
    Digest::finish(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_back_from_what_it_writes_and_nothing_else_is() {
        let digest = Digest::of(b"");
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        assert_eq!(text.to_uppercase().parse(), Ok(digest));
        for bad in ["", "e3", &text.replace('e', "g"), &format!("{text}0"), &format!("{text}00"), "é"] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_digest_of_a_package_is_that_of_its_listing() {
        let path = |path| PackagePath::new(path).unwrap();
        let file = |bytes: &[u8]| FileRecord { len: bytes.len() as u64, sha256: Digest::of(bytes) };
        let contents = Contents::from([(path("b"), file(b"two")), (path("a/c"), file(b""))]);
        let listing = format!("{} 0 a/c\n{} 3 b\n", Digest::of(b""), Digest::of(b"two"));
        assert_eq!(of_package(&contents), Digest::of(listing.as_bytes()));
    }
}
