//! Raw text opens for an `OnDevice` model only, so what implements it decides what may read raw text.

use crate::source::{Source, Token};

/// Files that may say that a model is on this device, and why it is.
const MAY_IMPLEMENT: &[(&str, &str)] = &[
    ("src/provider/local.rs", "the engine, in a worker of this browser or in this process"),
    (
        "src/provider/browser.rs",
        "the browser's own model, made only where the page says that it is the platform's and its makers that it is local",
    ),
];

/// Files that hand a text to a model on the page, or read what was handed over. A function of a page is as good as a
/// server: what it gets has left.
const MAY_ASK_PAGE: &[(&str, &str)] = &[
    ("src/provider/page.rs", "says what it is, and hides it from debugging"),
    ("src/provider/browser.rs", "opens raw prompts for the browser's own model on this device"),
    ("src/provider/transport/page.rs", "carries what the door has cleared, and nothing else"),
    ("src/provider/tests/page.rs", "plays the page, for the tests of this room"),
    ("tests/page_models.rs", "plays the page, and looks for planted texts in what it got"),
    ("src/service/client/page_models.rs", "is the page's end, and calls the model"),
];

fn may_implement(path: &str) -> bool {
    MAY_IMPLEMENT.iter().any(|(allowed, _)| *allowed == path)
}

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
    let asked = files
        .iter()
        .filter(|file| file.is_rust() && !MAY_ASK_PAGE.iter().any(|(allowed, _)| *allowed == file.path))
        .filter(|file| {
            let asks = [Token::Word("PageAsk"), Token::Sign(':'), Token::Word("Answer")];
            file.tokens().windows(3).any(|tokens| tokens == asks)
        })
        .map(|file| format!("{}: hands a text to a model on the page", file.path));
    files
        .iter()
        .filter(|file| file.is_rust() && !may_implement(&file.path))
        .filter(|file| {
            let tokens = file.tokens();
            tokens.windows(2).any(|pair| pair == [Token::Word("OnDevice"), Token::Word("for")])
        })
        .map(|file| format!("{}: implements OnDevice, which opens raw text", file.path))
        .chain(released)
        .chain(asked)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MAY_ASK_PAGE, MAY_IMPLEMENT, complaints};
    use crate::check;

    #[test]
    fn every_exception_has_its_reason() {
        assert!(MAY_IMPLEMENT.iter().chain(MAY_ASK_PAGE).all(|(_, reason)| reason.len() > 20));
    }

    #[test]
    fn an_implementation_elsewhere_is_told() {
        let told = |path: &str| vec![format!("{path}: implements OnDevice, which opens raw text")];
        for text in ["impl OnDevice for Remote {}", "impl<T> crate::privacy::OnDevice for X<T> {}"] {
            for path in ["src/provider/openai.rs", "src/provider/transport/page.rs", "tests/method.rs"] {
                let told = told(path);
                check(complaints, &[(path, text)], &[&told[0]]);
            }
        }
        let told = "src/app/a.rs: releases what sketches were made of";
        check(complaints, &[("src/app/a.rs", "fn f() { Sketch::release(1) }")], &[told]);
        let told = "src/service/server/judge.rs: hands a text to a model on the page";
        let asks = "fn f() { page.ask(PageAsk::Answer { model, raw: true, call }) }";
        check(complaints, &[("src/service/server/judge.rs", asks)], &[told]);
        check(complaints, &[("src/provider/transport/page.rs", asks)], &[]);
        check(complaints, &[("src/provider/local.rs", "impl OnDevice for Local {}")], &[]);
        check(complaints, &[("src/persona/a.rs", "fn f<M: OnDevice>(m: M) {} // impl OnDevice for X")], &[]);
    }
}
