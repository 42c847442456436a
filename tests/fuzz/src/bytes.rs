//! Where inputs come from: anything, words, and examples that were changed.

use std::fmt;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// The longest input, in bytes. What is larger is a matter of limits, and those have tests of their own.
const LEN_MAX: usize = 256 * 1024;

/// The most changes of one example.
const EDITS_MAX: usize = 12;

/// Numbers that are where something ends or begins.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e308",
    "0.1",
    "99999999999999999999999999",
];

/// An input, shown so that it can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 2_000;
        let shown = self.0.get(..SHOWN).unwrap_or(&self.0);
        write!(f, "{} bytes: b\"{}\"", self.0.len(), shown.escape_ascii())?;
        if shown.len() < self.0.len() { f.write_str("...") } else { Ok(()) }
    }
}

/// A change of an example.
#[derive(Clone, Debug)]
enum Edit {
    /// One byte is another.
    Byte(Index, u8),
    /// One bit is.
    Bit(Index, u8),
    /// This is put in.
    Insert(Index, Vec<u8>),
    /// A word is.
    Word(Index, Index),
    /// So many bytes are taken away.
    Cut(Index, usize),
    /// So many are there twice, the second time somewhere else.
    Again(Index, usize, Index),
    /// The next number is another.
    Number(Index, Index),
    /// The rest is that of another example.
    Cross(Index, Index, Index),
    /// There is no rest.
    End(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    // Short pieces mostly, and now and then a long one.
    let len = || prop_oneof![4 => 1..16_usize, 1 => 1..2048_usize];
    prop_oneof![
        3 => (index(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        2 => (index(), 0..8_u8).prop_map(|(at, bit)| Edit::Bit(at, bit)),
        2 => (index(), vec(any::<u8>(), 1..8)).prop_map(|(at, new)| Edit::Insert(at, new)),
        4 => (index(), index()).prop_map(|(at, word)| Edit::Word(at, word)),
        3 => (index(), len()).prop_map(|(at, len)| Edit::Cut(at, len)),
        3 => (index(), len(), index()).prop_map(|(at, len, to)| Edit::Again(at, len, to)),
        3 => (index(), index()).prop_map(|(at, number)| Edit::Number(at, number)),
        1 => (index(), index(), index()).prop_map(|(at, other, from)| Edit::Cross(at, other, from)),
        1 => index().prop_map(Edit::End),
    ]
}

/// What inputs are made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stock {
    pub(crate) examples: Vec<Vec<u8>>,
    pub(crate) words: Vec<Vec<u8>>,
}

/// Inputs that are made of `stock`.
pub(crate) fn inputs(stock: &Arc<Stock>) -> impl Strategy<Value = Bytes> + use<> {
    let of_words = Arc::clone(stock);
    let words = vec(any::<Index>(), 0..24).prop_map(move |words| {
        let words = words.iter().flat_map(|word| pick(&of_words.words, word));
        Bytes(words.copied().collect())
    });
    let of_examples = Arc::clone(stock);
    // Of what is changed in many places nothing is left that a strict reader would take.
    let edits = prop_oneof![2 => vec(edit(), 1..=2), 1 => vec(edit(), 1..=EDITS_MAX)];
    let changed = (any::<Index>(), edits).prop_map(move |(example, edits)| {
        let mut bytes = pick(&of_examples.examples, &example).to_vec();
        for edit in &edits {
            apply(edit, &mut bytes, &of_examples);
        }
        bytes.truncate(LEN_MAX);
        Bytes(bytes)
    });
    let any = prop_oneof![3 => vec(any::<u8>(), 0..256), 1 => vec(any::<u8>(), 0..4096)].prop_map(Bytes);
    prop_oneof![1 => any, 1 => words, 10 => changed]
}

fn pick<'a>(of: &'a [Vec<u8>], index: &Index) -> &'a [u8] {
    if of.is_empty() { &[] } else { index.get::<Vec<u8>>(of) }
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>, stock: &Stock) {
    // One behind the last is a place too.
    let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
    match edit {
        Edit::Byte(at, byte) => {
            let at = place(at, bytes);
            if let Some(old) = bytes.get_mut(at) {
                *old = *byte;
            }
        }
        Edit::Bit(at, bit) => {
            let at = place(at, bytes);
            if let Some(old) = bytes.get_mut(at) {
                *old ^= 1 << bit;
            }
        }
        Edit::Insert(at, new) => {
            let at = place(at, bytes);
            bytes.splice(at..at, new.iter().copied());
        }
        Edit::Word(at, word) => {
            let at = place(at, bytes);
            bytes.splice(at..at, pick(&stock.words, word).iter().copied());
        }
        Edit::Cut(at, len) => {
            let at = place(at, bytes);
            bytes.drain(at..at.saturating_add(*len).min(bytes.len()));
        }
        Edit::Again(at, len, to) => {
            let at = place(at, bytes);
            let piece = bytes[at..at.saturating_add(*len).min(bytes.len())].to_vec();
            let to = place(to, bytes);
            bytes.splice(to..to, piece);
        }
        Edit::Number(at, number) => {
            let at = place(at, bytes);
            let Some(skipped) = bytes[at..].iter().position(u8::is_ascii_digit) else { return };
            let from = at + skipped;
            let len = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            bytes.splice(from..from + len, number.get(&NUMBERS).bytes());
        }
        Edit::Cross(at, other, from) => {
            let other = pick(&stock.examples, other);
            let from = place(from, other);
            bytes.truncate(place(at, bytes));
            bytes.extend(&other[from..]);
        }
        Edit::End(at) => bytes.truncate(place(at, bytes)),
    }
}
