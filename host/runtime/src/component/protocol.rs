//! What a host and a compile worker say to each other, over the worker's standard input and output.
//!
//! The host sends a [`Job`] and the component, the worker answers an [`Answer`] and, if it compiled, the code.
//! Job and answer are JSON behind their length, four bytes, little-endian. Both ends are of one build.

use std::io::{self, Read};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::engine::MemoryInit;

/// The most bytes of a job or an answer without what follows it. A reason is far shorter.
const FRAME_LEN_MAX: u32 = 64 * 1024;

/// The most bytes of code that a host takes. The largest component that is compiled by default has an eighth.
pub(super) const CODE_LEN_MAX: u64 = 512 * 1024 * 1024;

/// The most bytes of a whole answer.
pub(super) const ANSWER_LEN_MAX: u64 = CODE_LEN_MAX + FRAME_LEN_MAX as u64 + 4;

/// What shall be compiled, and what that may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Address space that the worker may have, in bytes.
    pub(super) memory_bytes: u64,
    /// CPU time of all its threads together, in seconds.
    pub(super) cpu_seconds: u64,
    /// How the engine that the code is for initialises memories.
    pub(super) memory_init: MemoryInit,
    /// Length of the component that follows, in bytes.
    pub(super) len: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The code follows.
    Compiled {
        /// What it was compiled under.
        fingerprint: String,
        /// Its length, in bytes.
        len: u64,
    },
    /// The component is not valid.
    Invalid {
        /// What the compiler says.
        reason: String,
    },
    /// The memory did not suffice.
    OutOfMemory,
}

/// A job or an answer, as it is sent.
///
/// # Errors
///
/// When it is longer than what is read.
pub(super) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(message)?;
    let len = u32::try_from(json.len()).ok().filter(|len| *len <= FRAME_LEN_MAX);
    let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "too long"))?;
    let mut frame = len.to_le_bytes().to_vec();
    frame.extend_from_slice(&json);
    Ok(frame)
}

/// Reads a job or an answer, and not a byte of what follows it.
///
/// # Errors
///
/// Those of `from`, and what is no such message.
pub(super) fn read_frame<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut len = [0; 4];
    from.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    if len > FRAME_LEN_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    let mut json = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read_and_what_follows_is_left() {
        let job = Job { memory_bytes: 1, cpu_seconds: 2, memory_init: MemoryInit::Copied, len: 3 };
        let mut sent = frame(&job).expect("short");
        sent.extend_from_slice(b"\0asm");
        let mut rest = sent.as_slice();
        assert_eq!(read_frame::<Job>(&mut rest).expect("the job"), job);
        assert_eq!(rest, b"\0asm");
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let long = [&(FRAME_LEN_MAX + 1).to_le_bytes()[..], &vec![b' '; FRAME_LEN_MAX as usize + 1]].concat();
        for bytes in [&b""[..], b"\x02\0", b"\x02\0\0\0{", b"\x02\0\0\0no", b"\xff\xff\xff\xff{}", &long] {
            assert!(read_frame::<Answer>(&mut &*bytes).is_err());
        }
        assert!(frame(&Answer::Invalid { reason: "x".repeat(FRAME_LEN_MAX as usize) }).is_err());
    }
}
