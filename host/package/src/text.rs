//! Somebody's text in our messages.

/// The most characters of somebody's text that a message repeats.
const EXCERPT_CHARS_MAX: usize = 64;

/// As much of `text` as fits in a message, on one line and without escapes for a terminal.
pub(crate) fn excerpt(text: &str) -> String {
    shortened(text, EXCERPT_CHARS_MAX)
}

/// As [`excerpt`], up to `max` characters.
pub(crate) fn shortened(text: &str, max: usize) -> String {
    let mut start = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == max {
            start.push_str("...");
            break;
        }
        // Quotes stay as they are: only what moves a cursor is written out.
        if c.is_control() { start.extend(c.escape_default()) } else { start.push(c) }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_short_and_on_one_line() {
        assert_eq!(excerpt("a\"b"), "a\"b");
        assert_eq!(excerpt("a\n\u{1b}[2J"), "a\\n\\u{1b}[2J");
        assert_eq!(excerpt(&"é".repeat(65)), "é".repeat(64) + "...");
    }
}
