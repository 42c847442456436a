//! A guest's output, cut into lines.

/// A line that is longer is shown in pieces: what a guest writes without a line break must not be kept for ever.
const LINE_LEN_MAX: usize = 8 * 1024;

/// The line that a stream has begun and not ended.
#[derive(Debug, Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// Takes what came next, and calls `line` for each line that is whole now, without its end.
    pub(crate) fn push(&mut self, text: &str, mut line: impl FnMut(&str)) {
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('\n') {
            self.0.push_str(head);
            line(self.0.strip_suffix('\r').unwrap_or(&self.0));
            self.0.clear();
            rest = tail;
        }
        self.0.push_str(rest);
        while self.0.len() > LINE_LEN_MAX {
            let mut end = LINE_LEN_MAX;
            while !self.0.is_char_boundary(end) {
                end -= 1;
            }
            line(&self.0[..end]);
            self.0.drain(..end);
        }
    }

    /// The end of the stream: calls `line` for what has no line break.
    pub(crate) fn finish(self, mut line: impl FnMut(&str)) {
        if !self.0.is_empty() {
            line(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&str]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all = Vec::new();
        for piece in pieces {
            lines.push(piece, |line| all.push(line.to_owned()));
        }
        lines.finish(|line| all.push(line.to_owned()));
        all
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        assert_eq!(cut(&["a\nb", "c\r\n", "\n", "d"]), ["a", "bc", "", "d"]);
        assert_eq!(cut(&["a\n"]), ["a"]);
        assert!(cut(&[""]).is_empty());
    }

    #[test]
    fn a_line_without_end_is_shown_in_pieces() {
        let lines = cut(&[&"é".repeat(LINE_LEN_MAX)]);
        assert!(lines.len() >= 2 && lines.iter().all(|line| line.len() <= LINE_LEN_MAX));
        assert_eq!(lines.concat(), "é".repeat(LINE_LEN_MAX));
    }
}
