//! What kind of thing the person asked for, told from the words of their last turn. English only.

use unicode_segmentation::UnicodeSegmentation;

use crate::preference::{Role, Turn};

/// Words that ask for something made up.
const CREATIVE: &str = " poem poems poetry story stories tale fairy haiku limerick sonnet lyrics song rap joke jokes pun \
    puns riddle imagine pretend roleplay role-play fiction fictional character characters dialogue monologue script \
    screenplay scene novel plot slogan tagline tweet caption creative invent fantasy embody persona act speech toast \
    ode parody satire letter blog ";

/// How far the last turn of the person's asks for something made up: 0 for none, towards 1 the more it does.
pub(super) fn creativity(context: &[Turn]) -> f64 {
    let Some(turn) = context.iter().rev().find(|turn| turn.role == Role::User) else { return 0.0 };
    // A long turn holds material to work on; what is asked stands in its first words.
    let hits = turn
        .content
        .unicode_words()
        .take(60)
        .filter(|word| CREATIVE.contains(&format!(" {} ", word.to_lowercase())))
        .count();
    if hits > 0 { 1.0 } else { 0.0 }
}
