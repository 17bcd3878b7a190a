//! The prompts, kept as text files beside this one, and how their gaps are filled.
//!
//! A gap is `{name}`. Every gap is filled in one pass, so braces in a person's text stay what they are.

const PAIR: &str = include_str!("prompts/pair.txt");
const SKETCH: &str = include_str!("prompts/sketch.txt");
const JUDGE_SYSTEM: &str = include_str!("prompts/judge_system.txt");
const JUDGE_SYSTEM_PERSONA: &str = include_str!("prompts/judge_system_persona.txt");
const ASK_PREFERENCE: &str = include_str!("prompts/ask_preference.txt");
const ASK_REASONING: &str = include_str!("prompts/ask_reasoning.txt");
const ASK_CLAIM: &str = include_str!("prompts/ask_claim.txt");
const SYNTHESIS_SYSTEM: &str = include_str!("prompts/synthesis_system.txt");
const SYNTHESIS: &str = include_str!("prompts/synthesis.txt");
const FORESEEN: &str = include_str!("prompts/foreseen.txt");
const JUDGEMENT: &str = include_str!("prompts/judgement.txt");
const PORTRAIT_SYSTEM: &str = include_str!("prompts/portrait_system.txt");
const PORTRAIT: &str = include_str!("prompts/portrait.txt");
const CHAT_SYSTEM: &str = include_str!("prompts/chat_system.txt");

/// Every template as it ships, for the guard: what a request has of them is nobody's history.
pub const TEMPLATES: [&str; 14] = [
    PAIR,
    SKETCH,
    JUDGE_SYSTEM,
    JUDGE_SYSTEM_PERSONA,
    ASK_PREFERENCE,
    ASK_REASONING,
    ASK_CLAIM,
    SYNTHESIS_SYSTEM,
    SYNTHESIS,
    FORESEEN,
    JUDGEMENT,
    PORTRAIT_SYSTEM,
    PORTRAIT,
    CHAT_SYSTEM,
];

/// The words that a judgement is read from: first, second.
pub const LABELS: [&str; 2] = ["First", "Second"];

/// Begins the line that holds a reasoning's prediction.
pub const PREDICTION: &str = "Preferred:";

/// Fills the gaps of a template in one pass; a gap that `values` does not name stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = template.trim_end();
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let name_on = &rest[open + 1..];
        let gap = values.iter().find_map(|(name, value)| {
            name_on.strip_prefix(name).and_then(|after| after.strip_prefix('}')).map(|after| (value, after))
        });
        match gap {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = name_on;
            }
        }
    }
    filled + rest
}

/// The two answers and what they answer.
pub fn pair(context: &str, first: &str, second: &str) -> String {
    fill(PAIR, &[("context", context), ("first", first), ("second", second)])
}

/// What is known of two answers whose text stays where it is.
pub fn sketch(words: &str) -> String {
    fill(SKETCH, &[("sketch", words)])
}

/// The judge's instructions; with what is known about the person where something is.
pub fn judge_system(persona: Option<&str>) -> String {
    match persona {
        Some(persona) => fill(JUDGE_SYSTEM_PERSONA, &[("persona", persona)]),
        None => fill(JUDGE_SYSTEM, &[]),
    }
}

/// Asks for the preferred one of two answers shown.
pub fn ask_preference(shown: &str) -> String {
    after_pair(shown, &fill(ASK_PREFERENCE, &[]))
}

/// Asks for a reasoning and a prediction.
pub fn ask_reasoning(shown: &str) -> String {
    after_pair(shown, &fill(ASK_REASONING, &[]))
}

/// Asks which answer a claim about the person speaks for.
pub fn ask_claim(shown: &str, claim: &str) -> String {
    after_pair(shown, &fill(ASK_CLAIM, &[("claim", claim)]))
}

/// What is asked stands behind the pair, so that every question about a pair shares its long beginning.
fn after_pair(shown: &str, ask: &str) -> String {
    format!("{shown}\n\n{ask}")
}

/// The instructions of the synthesis.
pub fn synthesis_system() -> String {
    fill(SYNTHESIS_SYSTEM, &[])
}

/// Asks for at most `count` claims from these judgements.
pub fn synthesis(judgements: &[String], count: usize) -> String {
    let count = count.to_string();
    fill(SYNTHESIS, &[("judgements", &judgements.join("\n\n---\n\n")), ("count", &count)])
}

/// One judgement as the synthesis sees it.
pub fn judgement(shown: &str, label: &str, reasoning: &str) -> String {
    fill(JUDGEMENT, &[("shown", shown), ("label", &label.to_lowercase()), ("reasoning", reasoning)])
}

/// One judgement as a synthesis elsewhere sees it: a sketch, and that a reasoning which stays here foresaw the choice.
pub fn foreseen(sketch: &str, label: &str) -> String {
    fill(FORESEEN, &[("sketch", sketch), ("label", &label.to_lowercase())])
}

/// The instructions of the portrait's writer.
pub fn portrait_system() -> String {
    fill(PORTRAIT_SYSTEM, &[])
}

/// Asks for the claims as prose.
pub fn portrait(claims: &str) -> String {
    fill(PORTRAIT, &[("claims", claims)])
}

/// The instructions for a chat that knows the person.
pub fn chat_system(claims: &str) -> String {
    fill(CHAT_SYSTEM, &[("claims", claims)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_a_text_stay_what_they_are() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill("{ {c} {a", &[("a", "1")]), "{ {c} {a");
        assert!(pair("{first}", "x", "y").contains("asked:\n{first}\n"));
    }

    #[test]
    fn no_gap_is_left_open() {
        let claims = ["You prefer short answers."];
        for text in [
            pair("q", "a", "b"),
            sketch("s"),
            judge_system(None),
            judge_system(Some("p")),
            ask_preference("s"),
            ask_reasoning("s"),
            ask_claim("s", claims[0]),
            synthesis_system(),
            synthesis(&["j".into()], 3),
            foreseen("s", "First"),
            judgement("s", "First", "r"),
            portrait_system(),
            portrait("c"),
            chat_system("c"),
        ] {
            assert!(!text.contains('{') && !text.ends_with('\n'), "{text}");
        }
    }
}
