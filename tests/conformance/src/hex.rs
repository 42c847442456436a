//! Bytes as hexadecimal digits: what JSON and TOML have no type for.

/// The digits of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of `digits`; none if they are no pairs of digits.
#[must_use]
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_what_are_no_pairs_of_digits_does_not() {
        for bytes in [&b""[..], b"night\x00\xff", b"\x0f\xf0"] {
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
        }
        for bad in ["1", "0g", "é0", "0x12"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
