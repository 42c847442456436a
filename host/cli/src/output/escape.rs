//! Text from guests, made harmless for terminals.

use std::borrow::Cow;

/// Replaces every character that a terminal would obey instead of show: control characters other than tab, and
/// those that change the direction of writing (what is read would not be what is there). They are written as
/// Rust writes them: `\u{1b}`, `\r`. Line breaks are among them: split into lines first.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_obeyed(c) { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

const fn is_obeyed(c: char) -> bool {
    match c {
        '\t' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm; line and paragraph breaks.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (text, shown) in [
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("a\rb", "a\\rb"),
            ("a\nb", "a\\nb"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\x7f\0", "\\u{7f}\\u{0}"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn all_other_text_stays() {
        for text in ["", "plain", "a\tb", "Bücher 書 🐭", "back\\slash \"quotes\""] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
