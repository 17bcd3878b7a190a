//! Raw text opens for an `OnDevice` model only, so what implements it decides what may read raw text.

use crate::source::{Source, Token};

/// A model in this process or worker, and the one that a browser has built in.
const MAY_IMPLEMENT: [&str; 2] = ["src/provider/local.rs", "src/provider/browser.rs"];

/// Where prompts made of sketches are marked as fit to leave.
const MAY_RELEASE: [&str; 2] = ["src/persona/evidence.rs", "src/privacy/sketch.rs"];

pub fn complaints(files: &[Source]) -> Vec<String> {
    let released = files
        .iter()
        .filter(|file| file.is_rust() && !MAY_RELEASE.contains(&&*file.path))
        .filter(|file| {
            let call = [Token::Word("Sketch"), Token::Sign(':'), Token::Word("release")];
            file.tokens().windows(3).any(|tokens| tokens == call)
        })
        .map(|file| format!("{}: releases what sketches were made of", file.path));
    files
        .iter()
        .filter(|file| file.is_rust() && !MAY_IMPLEMENT.contains(&&*file.path))
        .filter(|file| {
            let tokens = file.tokens();
            tokens.windows(2).any(|pair| pair == [Token::Word("OnDevice"), Token::Word("for")])
        })
        .map(|file| format!("{}: implements OnDevice, which opens raw text", file.path))
        .chain(released)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::complaints;
    use crate::check;

    #[test]
    fn an_implementation_elsewhere_is_told() {
        let told = |path: &str| vec![format!("{path}: implements OnDevice, which opens raw text")];
        for text in ["impl OnDevice for Remote {}", "impl<T> crate::privacy::OnDevice for X<T> {}"] {
            for path in ["src/provider/openai.rs", "tests/method.rs"] {
                let told = told(path);
                check(complaints, &[(path, text)], &[&told[0]]);
            }
        }
        let told = "src/app/a.rs: releases what sketches were made of";
        check(complaints, &[("src/app/a.rs", "fn f() { Sketch::release(1) }")], &[told]);
        check(complaints, &[("src/provider/local.rs", "impl OnDevice for Local {}")], &[]);
        check(complaints, &[("src/persona/a.rs", "fn f<M: OnDevice>(m: M) {} // impl OnDevice for X")], &[]);
    }
}
