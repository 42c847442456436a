//! The tasks of the bench as programs, and what those share that say when they began.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes the moment of the call: nanoseconds since 1970, eight bytes, the least first. It is the wall's clock because no
/// other means the same to a program in a sandbox and to whoever started it.
///
/// # Errors
///
/// Nobody reads the standard output.
pub fn tell_the_moment() -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut out = io::stdout().lock();
    out.write_all(&u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).to_le_bytes())?;
    out.flush()
}
