//! One file of a cache: what kind it is, a code that proves it, and the native code.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::component::Digest;
use crate::component::protocol::CODE_LEN_MAX;
use crate::engine::Fingerprint;

/// Bytes of a key.
pub(super) const KEY_LEN: usize = 32;

/// What a file begins with. Its last byte is the version of this format.
const MAGIC: [u8; 8] = *b"dormous\x01";

/// Bytes of the code that proves a file.
const PROOF_LEN: usize = 32;

/// The most bytes of a file.
pub(super) const FILE_LEN_MAX: u64 = CODE_LEN_MAX + (MAGIC.len() + PROOF_LEN) as u64;

/// What makes and verifies proofs. Shown to nobody.
pub(super) struct Key(Hmac<Sha256>);

/// Why a file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("it is longer than any that is kept")]
    Long,
    #[error("it is cut short")]
    Short,
    #[error("it is of another kind or version")]
    Format,
    #[error("it is damaged, of another component or compiler, or was written by somebody else")]
    Proof,
}

impl Key {
    pub(super) fn new(bytes: [u8; KEY_LEN]) -> Self {
        // A key that is shorter than a block of the hash is one with zeros behind it: so HMAC is defined.
        let mut block = [0; 64];
        block[..KEY_LEN].copy_from_slice(&bytes);
        Self(Hmac::new(&block.into()))
    }

    /// All parts but the last have one length each, so that no two lists of parts are the same bytes.
    fn proof(&self, component: &Digest, compiler: &Fingerprint, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&MAGIC);
        mac.update(component.as_bytes());
        mac.update(compiler.as_bytes());
        mac.update(code);
        mac
    }
}

/// The file for `code`.
pub(super) fn seal(key: &Key, component: &Digest, compiler: &Fingerprint, code: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(MAGIC.len() + PROOF_LEN + code.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&key.proof(component, compiler, code).finalize().into_bytes());
    file.extend_from_slice(code);
    file
}

/// The code in `file`, if all of it is proven.
pub(super) fn open(
    key: &Key,
    component: &Digest,
    compiler: &Fingerprint,
    mut file: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    if file.len() as u64 > FILE_LEN_MAX {
        return Err(Fault::Long);
    }
    let (magic, rest) = file.split_first_chunk().ok_or(Fault::Short)?;
    if *magic != MAGIC {
        return Err(Fault::Format);
    }
    let (proof, code) = rest.split_first_chunk::<PROOF_LEN>().ok_or(Fault::Short)?;
    // Compared in the same time, however much of it is right.
    key.proof(component, compiler, code).verify(proof.into()).map_err(|_| Fault::Proof)?;
    file.drain(..MAGIC.len() + PROOF_LEN);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{MemoryInit, compiler_only};

    fn fingerprint() -> Fingerprint {
        Fingerprint::of(&compiler_only(MemoryInit::Mapped).expect("an engine"))
    }

    #[test]
    fn only_the_whole_file_of_this_key_component_and_compiler_is_opened() {
        let (key, component, compiler) = (Key::new([1; 32]), Digest::of(b"a"), fingerprint());
        let file = seal(&key, &component, &compiler, b"native code");
        let check = |key: &Key, component: &Digest, compiler: &Fingerprint, file: &[u8]| {
            open(key, component, compiler, file.to_vec())
        };
        assert_eq!(check(&key, &component, &compiler, &file).as_deref(), Ok(&b"native code"[..]));

        assert_eq!(check(&Key::new([2; 32]), &component, &compiler, &file), Err(Fault::Proof));
        assert_eq!(check(&key, &Digest::of(b"b"), &compiler, &file), Err(Fault::Proof));
        let mut other = wasmtime::Config::new();
        let other = wasmtime::Engine::new(other.consume_fuel(true)).expect("an engine");
        assert_eq!(check(&key, &component, &Fingerprint::of(&other), &file), Err(Fault::Proof));
        for cut in 0..file.len() {
            assert!(check(&key, &component, &compiler, &file[..cut]).is_err(), "cut to {cut}");
        }
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&key, &component, &compiler, &changed).is_err(), "bit {bit}");
        }
        assert_eq!(check(&key, &component, &compiler, &[&file[..], b"x"].concat()), Err(Fault::Proof));
    }
}
