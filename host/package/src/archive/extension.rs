//! Headers that say something of the entry behind them: GNU's long names and those of pax.
//!
//! Long names and names that are not ASCII come this way from common tools, with times and owners that nobody needs
//! here. What changes where an entry ends is refused: readers that disagree about it see different archives.

use std::io::Read;

use tar::{Entry, EntryType, PaxExtensions};

use crate::error::PackageError;
use crate::path::{PATH_LEN_MAX, PathError};
use crate::text::excerpt;

/// The longest pax header, in bytes: times, owners and attributes of one file.
const PAX_LEN_MAX: u64 = 64 * 1024;

/// What was said of the next entry.
#[derive(Default)]
pub(super) struct Extensions {
    name: Option<Vec<u8>>,
    /// There was a pax header.
    pax: bool,
}

impl Extensions {
    /// Takes `entry` if it is an extension header.
    pub(super) fn take<R: Read>(
        &mut self,
        kind: EntryType,
        entry: &mut Entry<'_, R>,
    ) -> Result<bool, PackageError> {
        match kind {
            EntryType::GNULongName => {
                let mut name = read(entry, PATH_LEN_MAX as u64 + 1)?;
                if name.last() == Some(&0) {
                    name.pop();
                }
                self.set_name(name)?;
            }
            EntryType::XHeader if self.pax => return Err(refused("", "describes an entry twice")),
            EntryType::XHeader => {
                self.pax = true;
                self.pax(&read(entry, PAX_LEN_MAX)?, false)?;
            }
            EntryType::XGlobalHeader => self.pax(&read(entry, PAX_LEN_MAX)?, true)?,
            EntryType::GNULongLink => return Err(refused("", "holds a link; put the file itself there")),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The name that the next entry was given, which is the current one now.
    pub(super) fn name(&mut self) -> Option<Vec<u8>> {
        std::mem::take(self).name
    }

    /// Checks that the last extension was followed by an entry.
    pub(super) fn finish(self) -> Result<(), PackageError> {
        if self.pax || self.name.is_some() {
            return Err(PackageError::Damaged { detail: "its last entry is missing".to_owned() });
        }
        Ok(())
    }

    fn set_name(&mut self, name: Vec<u8>) -> Result<(), PackageError> {
        if self.name.is_some() {
            return Err(refused(&String::from_utf8_lossy(&name), "names an entry twice"));
        }
        self.name = Some(name);
        Ok(())
    }

    /// `global` for all entries that follow: nothing that matters can be true of all of them.
    fn pax(&mut self, data: &[u8], global: bool) -> Result<(), PackageError> {
        // The library splits at line breaks, and so would at one inside a value: its lengths do not fit then.
        for field in PaxExtensions::new(data) {
            let malformed = || refused("", "has a pax header that cannot be read");
            let field = field.map_err(|_| malformed())?;
            match field.key_bytes() {
                b"path" if !global => self.set_name(field.value_bytes().to_vec())?,
                b"path" | b"size" => return Err(refused("", "overrides names or lengths of entries")),
                key if key.starts_with(b"GNU.sparse.") => {
                    return Err(refused("", "stores a file with holes"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn read<R: Read>(entry: &mut Entry<'_, R>, max: u64) -> Result<Vec<u8>, PackageError> {
    let len = entry.size();
    if len > max && entry.header().entry_type() == EntryType::GNULongName {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        return Err(PathError::TooLong { path: "...".to_owned(), len }.into());
    }
    if len > max {
        return Err(refused("", "has an extension header of more than 64 KiB"));
    }
    let mut data = Vec::new();
    let read = entry.take(max).read_to_end(&mut data);
    read.map_err(|source| PackageError::Read { path: String::new(), source })?;
    if data.len() as u64 != len {
        return Err(PackageError::Damaged { detail: "it ends within a header".to_owned() });
    }
    Ok(data)
}

fn refused(path: &str, detail: &'static str) -> PackageError {
    PackageError::Unsupported { path: excerpt(path), detail }
}
