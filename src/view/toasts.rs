//! What the page says in passing: short notices, and deletions that can still be taken back.
//!
//! The queue holds no clock and no timer: the time is handed in, so that ten seconds are tested in none.

/// A notice stays this long.
const NOTICE_MS: f64 = 5_000.0;

/// More notices than this at once only cover the page; offers to undo are not counted.
const NOTICES: usize = 2;

/// One line at the edge of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Names it among those shown.
    pub id: u32,
    /// What it says.
    pub text: String,
    /// The deletion that its button takes back, if it has a button.
    pub undo: Option<u64>,
    /// When it goes, in milliseconds since 1970.
    pub until_ms: f64,
}

/// The lines that are shown, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts {
    shown: Vec<Toast>,
    next: u32,
}

impl Toasts {
    /// The lines that are shown, oldest first.
    pub fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>, now_ms: f64) {
        self.push(text.into(), None, now_ms + NOTICE_MS);
        while self.shown.iter().filter(|t| t.undo.is_none()).count() > NOTICES {
            if let Some(oldest) = self.shown.iter().position(|t| t.undo.is_none()) {
                self.shown.remove(oldest);
            }
        }
    }

    /// Offers to undo a deletion until its time is over.
    pub fn offer_undo(&mut self, text: impl Into<String>, undo: u64, until_ms: f64) {
        self.shown.retain(|t| t.undo != Some(undo));
        self.push(text.into(), Some(undo), until_ms);
    }

    /// The newest deletion that can still be undone.
    pub fn latest_undo(&self, now_ms: f64) -> Option<u64> {
        self.shown.iter().rev().filter(|t| t.until_ms > now_ms).find_map(|t| t.undo)
    }

    /// Takes the offer to undo away; false when it had gone already, so no deletion is undone twice.
    pub fn take_undo(&mut self, undo: u64) -> bool {
        let before = self.shown.len();
        self.shown.retain(|t| t.undo != Some(undo));
        self.shown.len() < before
    }

    /// Closes a line.
    pub fn dismiss(&mut self, id: u32) {
        self.shown.retain(|t| t.id != id);
    }

    /// Removes the lines whose time is over; true when there were any.
    pub fn expire(&mut self, now_ms: f64) -> bool {
        let before = self.shown.len();
        self.shown.retain(|t| t.until_ms > now_ms);
        self.shown.len() < before
    }

    /// Whether the clock is still needed.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    fn push(&mut self, text: String, undo: Option<u64>, until_ms: f64) {
        self.next += 1;
        self.shown.push(Toast { id: self.next, text, undo, until_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_undone_once_and_in_time() {
        let mut toasts = Toasts::default();
        toasts.offer_undo("Deleted one pair.", 7, 10_000.0);
        assert_eq!(toasts.latest_undo(9_999.0), Some(7));
        assert_eq!(toasts.latest_undo(10_000.0), None);
        assert!(toasts.take_undo(7));
        assert!(!toasts.take_undo(7));
    }

    #[test]
    fn the_newest_deletion_is_undone_first() {
        let mut toasts = Toasts::default();
        toasts.offer_undo("a", 1, 10_000.0);
        toasts.offer_undo("b", 2, 11_000.0);
        toasts.say("Copied.", 0.0);
        assert_eq!(toasts.latest_undo(0.0), Some(2));
        toasts.take_undo(2);
        assert_eq!(toasts.latest_undo(0.0), Some(1));
    }

    #[test]
    fn notices_do_not_push_an_undo_away() {
        let mut toasts = Toasts::default();
        toasts.offer_undo("Deleted.", 1, 10_000.0);
        for n in 0..5 {
            toasts.say(format!("{n}"), 0.0);
        }
        let texts: Vec<_> = toasts.shown().iter().map(|t| t.text.as_str()).collect();
        assert_eq!(texts, ["Deleted.", "3", "4"]);
    }

    #[test]
    fn lines_go_when_their_time_is_over() {
        let mut toasts = Toasts::default();
        toasts.say("Copied.", 0.0);
        toasts.offer_undo("Deleted.", 1, 10_000.0);
        assert!(!toasts.expire(4_000.0));
        assert!(toasts.expire(6_000.0));
        assert_eq!(toasts.shown().len(), 1);
        assert!(toasts.expire(10_000.0));
        assert!(toasts.is_empty());
    }
}
