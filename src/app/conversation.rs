//! A conversation while it is typed in: turns that can be added, changed and removed.

use crate::preference::{Role, Turn};

/// The turns as they stand in the form. There is always at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    turns: Vec<Turn>,
}

impl Default for Conversation {
    fn default() -> Self {
        Conversation { turns: vec![Turn::user("")] }
    }
}

impl Conversation {
    /// The conversation of a kept pair.
    pub fn of(turns: &[Turn]) -> Self {
        if turns.is_empty() { Self::default() } else { Conversation { turns: turns.to_vec() } }
    }

    /// The turns, oldest first.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Adds an empty turn of whoever would speak next.
    pub fn add(&mut self) {
        self.turns.push(match self.turns.last().map(|t| t.role) {
            Some(Role::User) => Turn::assistant(""),
            _ => Turn::user(""),
        });
    }

    /// Removes a turn; the last one is emptied instead.
    pub fn remove(&mut self, at: usize) {
        if self.turns.len() == 1 {
            *self = Self::default();
        } else if at < self.turns.len() {
            self.turns.remove(at);
        }
    }

    /// Says who speaks in a turn.
    pub fn set_role(&mut self, at: usize, role: Role) {
        if let Some(turn) = self.turns.get_mut(at) {
            turn.role = role;
        }
    }

    /// Changes what is said in a turn.
    pub fn set_content(&mut self, at: usize, content: String) {
        if let Some(turn) = self.turns.get_mut(at) {
            turn.content = content;
        }
    }

    /// The turns that say something.
    pub fn written(&self) -> Vec<Turn> {
        self.turns.iter().filter(|t| !t.content.trim().is_empty()).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_alternate_as_they_are_added() {
        let mut talk = Conversation::default();
        talk.add();
        talk.add();
        let roles: Vec<_> = talk.turns().iter().map(|t| t.role).collect();
        assert_eq!(roles, [Role::User, Role::Assistant, Role::User]);
    }

    #[test]
    fn the_last_turn_is_emptied_not_removed() {
        let mut talk = Conversation::of(&[Turn::assistant("Hello.")]);
        talk.remove(0);
        assert_eq!(talk, Conversation::default());
        talk.remove(9);
        assert_eq!(talk.turns().len(), 1);
    }

    #[test]
    fn empty_turns_are_not_sent() {
        let mut talk = Conversation::of(&[Turn::user("How?"), Turn::assistant(" \n")]);
        talk.set_content(7, "nobody".into());
        assert_eq!(talk.written(), [Turn::user("How?")]);
    }
}
