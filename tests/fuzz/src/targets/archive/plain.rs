//! Another reader of tar, after POSIX's words and GNU's, which shares nothing with the one that is tried. It reads what
//! packages are made of: files, directories, and longer names for them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::BLOCK;

/// Where in a header its fields are.
const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// The files of `tar`, by path.
///
/// # Errors
///
/// What it has that no package should.
pub(super) fn files(tar: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut rest = tar;
    // What the entry behind this one is called.
    let mut renamed: Option<Vec<u8>> = None;
    while let Some((header, behind)) = rest.split_at_checked(BLOCK) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        checked(header)?;
        let len = number(&header[SIZE])?;
        let len = usize::try_from(len).map_err(|error| error.to_string())?;
        let data = behind.get(..len).ok_or_else(|| format!("an entry of {len} bytes is cut off"))?;
        rest = behind.get(len.next_multiple_of(BLOCK)..).unwrap_or_default();
        match header[KIND] {
            b'L' => renamed = Some(text(data).to_vec()),
            b'x' => renamed = records(data)?.remove("path".as_bytes()).or(renamed),
            b'g' if records(data)?.contains_key("path".as_bytes()) => {
                return Err("all files have one name".to_owned());
            }
            b'g' => {}
            b'5' => renamed = None,
            b'0' | 0 => {
                let name = renamed.take().unwrap_or_else(|| name(header));
                let name = String::from_utf8(name).map_err(|error| error.to_string())?;
                let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
                if files.insert(name.clone(), data.to_vec()).is_some() {
                    return Err(format!("`{name}` is there twice"));
                }
            }
            other => return Err(format!("an entry of the kind {:?}", char::from(other))),
        }
    }
    Ok(files)
}

fn checked(header: &[u8]) -> Result<(), String> {
    let own = |at: usize| CHECKSUM.contains(&at);
    let sum: u64 =
        header.iter().enumerate().map(|(at, byte)| u64::from(if own(at) { b' ' } else { *byte })).sum();
    let told = number(&header[CHECKSUM])?;
    if sum == told { Ok(()) } else { Err(format!("a checksum of {sum} is told as {told}")) }
}

/// Octal digits between blanks; or bytes, the highest first, behind one with the highest bit set.
fn number(field: &[u8]) -> Result<u64, String> {
    if let [0x80, bytes @ ..] = field {
        let add = |sum: u64, byte: &u8| sum.checked_mul(256)?.checked_add(u64::from(*byte));
        return bytes.iter().try_fold(0, add).ok_or_else(|| "a number is too large".to_owned());
    }
    let digits = String::from_utf8_lossy(text(field));
    let digits = digits.trim_matches(' ');
    if digits.is_empty() {
        return Ok(0);
    }
    u64::from_str_radix(digits, 8).map_err(|error| format!("the number {digits:?}: {error}"))
}

/// What stands before the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn name(header: &[u8]) -> Vec<u8> {
    let name = text(&header[NAME]);
    let prefix = if &header[MAGIC] == b"ustar\0" { text(&header[PREFIX]) } else { &[] };
    if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
}

/// `LENGTH KEY=VALUE` and a newline, again and again; the length is that of all of it.
fn records(mut data: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, String> {
    let mut records = BTreeMap::new();
    while !data.is_empty() {
        let none = || format!("no record of pax: {}", data.escape_ascii());
        let blank = data.iter().position(|byte| *byte == b' ').ok_or_else(none)?;
        let len =
            std::str::from_utf8(&data[..blank]).ok().and_then(|len| len.parse().ok()).ok_or_else(none)?;
        let (record, behind) = data.split_at_checked(len).ok_or_else(none)?;
        let record =
            record.get(blank + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or_else(none)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(none)?;
        records.insert(record[..equals].to_vec(), record[equals + 1..].to_vec());
        data = behind;
    }
    Ok(records)
}
