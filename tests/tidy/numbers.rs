//! What tells a taste computes the same bits natively and in WebAssembly: `exp`, `ln` and the like come from `libm`,
//! since the platform's own differ.
//!
//! Square roots and whole powers are exact or plain products everywhere. Tests may call what they like.

use crate::source::{Source, Token};
use Token::{Sign, Word};

/// Where tastes are told: folders, and a file that shows one.
const WITHIN: [&str; 4] = ["src/traits/", "src/reward/", "src/persona/", "src/service/show.rs"];

/// Functions of a float that each platform rounds in its own way.
const PLATFORMS_OWN: [&str; 25] = [
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "cbrt", "hypot", "sin", "cos",
    "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
];

pub fn complaints(files: &[Source]) -> Vec<String> {
    files.iter().filter(|file| file.is_rust() && is_held(&file.path)).flat_map(of_file).collect()
}

fn is_held(path: &str) -> bool {
    WITHIN.iter().any(|within| path.starts_with(within)) && !path.ends_with("/tests.rs")
}

fn of_file(file: &Source) -> Vec<String> {
    // Tests stand at the end.
    let story = file.text.split("\nmod tests {").next().unwrap_or_default();
    let story = Source::new(&file.path, story);
    let tokens = story.tokens();
    let called = |run: &[Token<'_>]| match *run {
        [Sign('.'), Word(name), Sign('(')] => own(name),
        [Word("f64" | "f32"), Sign(':'), Word(name)] => own(name),
        _ => None,
    };
    tokens
        .windows(3)
        .filter_map(called)
        .map(|name| format!("{}: `{name}` differs between platforms; take libm's", file.path))
        .collect()
}

fn own(name: &str) -> Option<&'static str> {
    PLATFORMS_OWN.into_iter().find(|own| *own == name)
}

#[cfg(test)]
mod tests {
    use super::complaints;
    use crate::check;

    #[test]
    fn a_function_that_differs_between_platforms_is_told() {
        let told =
            |path: &str, name: &str| format!("{path}: `{name}` differs between platforms; take libm's");
        for path in ["src/persona/a.rs", "src/reward/a/b.rs", "src/traits/a.rs", "src/service/show.rs"] {
            check(complaints, &[(path, "fn f(x: f64) -> f64 { (-x).exp() }")], &[&told(path, "exp")]);
            check(complaints, &[(path, "fn f(x: f64) -> f64 { 1.0_f64.ln_1p() }")], &[&told(path, "ln_1p")]);
            check(complaints, &[(path, "fn f() { a.map(f64::tanh) }")], &[&told(path, "tanh")]);
        }
    }

    #[test]
    fn libm_and_what_is_exact_is_let_be() {
        let fine = "fn f(x: f64) -> f64 { libm::exp(x).sqrt().abs() + x.powi(2) } // x.exp()";
        check(complaints, &[("src/persona/a.rs", fine)], &[]);
        let fine = "fn exp(x: f64) -> f64 { self.log + crate::log(x) }";
        check(complaints, &[("src/persona/a.rs", fine)], &[]);
    }

    #[test]
    fn tests_and_other_rooms_call_what_they_like() {
        let tested = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() { 3.0_f64.ln() }\n}\n";
        check(complaints, &[("src/persona/a.rs", tested)], &[]);
        for path in ["src/reward/tests.rs", "src/engine/a.rs", "src/service/view.rs"] {
            check(complaints, &[(path, "fn f(x: f64) -> f64 { x.exp() }")], &[]);
        }
    }
}
