//! Counts of single characters: punctuation, inline Markdown, emoji, scripts.

/// What characters a text holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    pub exclamations: f64,
    pub questions: f64,
    pub colons: f64,
    pub dashes: f64,
    pub parentheses: f64,
    pub quotations: f64,
    pub bold: f64,
    pub inline_code: f64,
    pub links: f64,
    pub emoji: f64,
    pub smileys: f64,
    pub mathematics: f64,
    /// Whether the last filled line read ends in a question mark.
    pub asks_at_end: bool,
    letters: f64,
    latin: f64,
    han_kana: f64,
}

impl Characters {
    /// Reads one line of prose.
    pub fn read(&mut self, line: &str) {
        self.inline_markdown(line);
        let mut before = ' ';
        for c in line.chars() {
            self.punctuation(c, before);
            self.script(c);
            if is_emoji(c) && before != '\u{200d}' {
                self.emoji += 1.0;
            }
            before = c;
        }
        if let Some(last) = line.trim_end().chars().next_back() {
            self.asks_at_end = matches!(last, '?' | '？' | '؟');
        }
    }

    fn punctuation(&mut self, c: char, before: char) {
        let count = match c {
            '!' | '！' => &mut self.exclamations,
            '?' | '？' | '؟' => &mut self.questions,
            ':' | '：' => &mut self.colons,
            '—' | '–' => &mut self.dashes,
            '-' if before == ' ' || before == '-' => &mut self.dashes,
            '(' | '（' => &mut self.parentheses,
            '"' | '“' | '”' | '「' | '」' | '«' | '»' => &mut self.quotations,
            ')' | 'D' | 'P' if matches!(before, ':' | ';') => &mut self.smileys,
            '=' | '+' | '×' | '÷' | '^' | '√' | '∑' | '∫' | '≤' | '≥' | '≈' | '\\' => {
                &mut self.mathematics
            }
            _ => return,
        };
        *count += 1.0;
    }

    fn inline_markdown(&mut self, line: &str) {
        let double = line.matches("**").count() + line.matches("__").count();
        self.bold += (double / 2) as f64;
        self.inline_code += (line.matches('`').count() / 2) as f64;
        self.links += (line.matches("http").count() + line.matches("www.").count())
            .max(line.matches("](").count()) as f64;
    }

    fn script(&mut self, c: char) {
        if c.is_alphabetic() {
            self.letters += 1.0;
            self.latin += f64::from(u8::from((c as u32) < 0x250));
            self.han_kana += f64::from(u8::from(
                matches!(c as u32, 0x3040..=0x30ff | 0x3400..=0x9fff | 0x20000..=0x3ffff),
            ));
        }
    }

    /// How far apart two texts are in script: 0 for the same mixture of Latin, Han with kana, and all others.
    pub fn script_distance(&self, other: &Characters) -> f64 {
        if self.letters == 0.0 || other.letters == 0.0 {
            return 0.0;
        }
        let shares = |c: &Characters| {
            let (latin, han) = (c.latin / c.letters, c.han_kana / c.letters);
            [latin, han, 1.0 - latin - han]
        };
        let (a, b) = (shares(self), shares(other));
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }
}

/// Whether a character is, or opens, an emoji. Skin tones and selectors only change the one before them.
fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1f300..=0x1f3fa | 0x1f400..=0x1faff | 0x2600..=0x27bf | 0x2b50 | 0x2b55 | 0x1f1e6..=0x1f1ff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Characters {
        let mut characters = Characters::default();
        characters.read(line);
        characters
    }

    #[test]
    fn an_emoji_of_several_code_points_counts_once() {
        assert_eq!(read("👩‍👩‍👧 👍🏽").emoji, 2.0);
    }

    #[test]
    fn inline_marks_are_counted_in_pairs() {
        let line = read("**a** *b* `c` [d](http://e)");
        assert_eq!((line.bold, line.inline_code, line.links), (1.0, 1.0, 1.0));
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(read("hello").script_distance(&read("здравствуйте")), 1.0);
        assert_eq!(read("hello").script_distance(&read("")), 0.0);
    }
}
