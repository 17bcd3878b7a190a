//! Why a call of the package's was not done: a code that stays the same from version to version, and what to do.
//!
//! The wire's errors advise a person in front of the app; these advise whoever writes the page that embeds us.

use crate::service::ServiceError;

/// What was wrong. What a model would be told that quotes the history is only counted: a message ends up in logs.
pub fn message(error: &ServiceError) -> String {
    match error {
        ServiceError::Quotes { quotes, .. } => {
            let places =
                if quotes.len() == 1 { "1 place".into() } else { format!("{} places", quotes.len()) };
            format!("what would be told quotes the person's history in {places}")
        }
        other => other.to_string(),
    }
}

/// The stretches of the history that were quoted, for the person's own eyes.
pub fn quotes(error: &ServiceError) -> &[String] {
    match error {
        ServiceError::Quotes { quotes, .. } => quotes,
        _ => &[],
    }
}

/// The people whose lines a file holds, where it holds several people's.
pub fn people(error: &ServiceError) -> &[String] {
    match error {
        ServiceError::SeveralPeople { users } => users,
        _ => &[],
    }
}

/// The error's code. A caller may compare it; a code is never given another meaning.
pub fn code(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::Cancelled => "cancelled",
        ServiceError::NoStorage(_) => "no-storage",
        ServiceError::TooNew { .. } => "too-new",
        ServiceError::Blocked => "blocked",
        ServiceError::Outdated => "outdated",
        ServiceError::QuotaFull => "quota-full",
        ServiceError::BadFile(_) => "bad-file",
        ServiceError::Sealed => "sealed",
        ServiceError::WrongPassphrase => "wrong-passphrase",
        ServiceError::SeveralPeople { .. } => "several-people",
        ServiceError::NotFound(_) => "not-found",
        ServiceError::Invalid(_) => "invalid",
        ServiceError::Quotes { .. } => "quotes-history",
        ServiceError::TooFewPairs { .. } => "too-few-pairs",
        ServiceError::NoModel => "no-model",
        ServiceError::Model(_) => "model",
        ServiceError::BadModel(_) => "bad-model",
        ServiceError::OutOfMemory(_) => "out-of-memory",
        ServiceError::Unreachable(_) | ServiceError::NoFileThere(_) => "model-unreachable",
        ServiceError::Remote(_) => "remote-model",
        // No call of the package's takes a deletion back or has a conversation, and no page hears that a worker is not the
        // one for it.
        ServiceError::ChangedElsewhere(_)
        | ServiceError::UndoExpired
        | ServiceError::NotHere
        | ServiceError::Internal(_) => "internal",
    }
}

/// What whoever embeds us can do.
pub fn advice(error: &ServiceError) -> &'static str {
    match error {
        ServiceError::Cancelled => "call it again when you like; what was done so far is kept",
        ServiceError::NoStorage(_) => {
            "the browser refuses IndexedDB here: a private window, or a frame without storage"
        }
        ServiceError::TooNew { .. } => "load the newest version of the package",
        ServiceError::Blocked => "ask the person to close other tabs that hold an older version",
        ServiceError::Outdated => "reload the page",
        ServiceError::QuotaFull => {
            "ask the person to free some space, or remove a model: models.remove(name)"
        }
        ServiceError::BadFile(_) => "check the file, or name its format",
        ServiceError::Sealed => "open it with its passphrase: importProfile(file, { passphrase })",
        ServiceError::WrongPassphrase => "ask the person for it again; nothing was taken in",
        ServiceError::SeveralPeople { .. } => {
            "say whose lines to import: import(file, { user }); error.people names them"
        }
        ServiceError::NotFound(_) => "ask for the list again; it may have been deleted elsewhere",
        ServiceError::Invalid(_) => "mend the call's arguments",
        ServiceError::Quotes { .. } => "nothing was handed out; ask the person to reword or refuse the claim",
        ServiceError::TooFewPairs { .. } => "record some more choices first",
        ServiceError::NoModel => "load a model, or give createLikeness one",
        ServiceError::Model(_) => "load the model again",
        ServiceError::BadModel(_) => "give another GGUF file, or the whole of this one",
        ServiceError::OutOfMemory(_) => "give a smaller model, or one in a smaller format",
        ServiceError::Unreachable(_) => {
            "check the address; its server must allow this origin (CORS), and the policy of the package's own files must \
             list it in connect-src"
        }
        ServiceError::NoFileThere(_) => "check the address: its server answers, but gives no file there",
        ServiceError::Remote(_) => {
            "mend the model's function and call again; an induction goes on where it stopped"
        }
        ServiceError::ChangedElsewhere(_)
        | ServiceError::UndoExpired
        | ServiceError::NotHere
        | ServiceError::Internal(_) => {
            "call it again; if it comes back, reload the page. Nothing stored was lost"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_kept() {
        assert_eq!(code(&ServiceError::TooFewPairs { have: 1, need: 4 }), "too-few-pairs");
        assert_eq!(code(&ServiceError::Invalid("an answer is empty".into())), "invalid");
        assert!(!advice(&ServiceError::NoModel).ends_with('.'));
    }

    /// Codes of errors that never reach the worker; the package's own files make them.
    const OF_THE_PAGE: [&str; 6] =
        ["destroyed", "insecure-context", "no-page", "not-granted", "rate-limited", "no-frame"];

    /// What stands between quotation marks.
    fn quoted(text: &str) -> BTreeSet<&str> {
        text.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_types_list_every_code_and_say_what_it_means() {
        // `code` has an arm for every error, or it would not compile.
        let arms = include_str!("failure.rs").split("pub fn code(").nth(1).unwrap();
        let mut codes = quoted(arms.split("\n}\n").next().unwrap());
        codes.extend(OF_THE_PAGE);
        let types = include_str!("../../pkg/index.d.ts");
        let (before, union) = types.split_once("export type ErrorCode =").unwrap();
        assert_eq!(quoted(union.split(';').next().unwrap()), codes);
        let said = before.rsplit("/**").next().unwrap();
        for code in codes {
            assert!(said.contains(&format!(" * - `{code}`: ")), "{code} has no meaning");
        }
    }

    #[test]
    fn the_people_of_a_file_are_named_beside_the_message() {
        let error = ServiceError::SeveralPeople { users: vec!["ada".into(), "grace".into()] };
        assert_eq!(people(&error), ["ada", "grace"]);
        assert!(!message(&error).contains("ada"));
        assert!(people(&ServiceError::NoModel).is_empty());
    }

    #[test]
    fn a_message_holds_nothing_of_the_history() {
        let error = ServiceError::Quotes { about: true, quotes: vec!["my secret".into(), "another".into()] };
        assert_eq!(message(&error), "what would be told quotes the person's history in 2 places");
        assert_eq!(quotes(&error).len(), 2);
        assert!(message(&ServiceError::NoModel).contains("no language model"));
    }
}
