//! What the compiler refuses: each breach of the boundary between raw and released text, with the error that it is.

use crate::cargo::{self, Refusal};
use crate::tree::{Edit, Tree};

/// Something that must not compile.
struct Breach {
    what: &'static str,
    /// Where it is attempted: a module with this code is put at the end of this file.
    file: &'static str,
    code: &'static str,
    /// The compiler's error, and what it has to say.
    error: &'static str,
    says: &'static [&'static str],
}

const REMOTE: &str = "src/provider/remote.rs";
const BREACHES: &[Breach] = &[
    Breach {
        what: "a remote model opens raw text",
        file: REMOTE,
        code: "impl<T: Transport, W: Watch, L: Ledger> Remote<T, W, L> {
            pub fn peek<'a>(&self, raw: &'a crate::privacy::Raw<Prompt>) -> &'a Prompt { raw.open(self) } }",
        error: "E0277",
        says: &["Remote<T, W, L>: OnDevice` is not satisfied", "required by a bound in `Raw::<T>::open`"],
    },
    Breach {
        what: "raw text is taken out of its wrapping",
        file: REMOTE,
        code: "pub fn peek(raw: &crate::privacy::Raw<Prompt>) -> &Prompt { &raw.0 }",
        error: "E0616",
        says: &["field `0` of struct `Raw` is private"],
    },
    Breach {
        what: "raw text is written as JSON",
        file: REMOTE,
        code: "pub fn body(raw: &crate::privacy::Raw<Prompt>) -> Option<String> { serde_json::to_string(raw).ok() }",
        error: "E0277",
        says: &[
            "the trait bound `Raw<Prompt>: ",
            "Serialize` is not satisfied",
            "in `serde_json::to_string`",
        ],
    },
    Breach {
        what: "raw text is shown",
        file: REMOTE,
        code: "pub fn text(raw: &crate::privacy::Raw<String>) -> String { format!(\"{raw}\") }",
        error: "E0277",
        says: &["String>` doesn't implement `std::fmt::Display`", "`Raw<"],
    },
    Breach {
        what: "a remote model is asked with a raw prompt",
        file: REMOTE,
        code: "pub async fn ask<M: LanguageModel<Input = Released<Prompt>>>(
            model: &M, raw: &crate::privacy::Raw<Prompt>) -> Result<Generation, ModelError> {
            model.generate(raw, &Sampling::default()).await }",
        error: "E0308",
        says: &["expected `&Released<Prompt>`, found `&Raw<Prompt>`"],
    },
    Breach {
        what: "a remote model works on evidence that is raw",
        file: REMOTE,
        code: "type RawPrompt = <crate::persona::RawPair as crate::persona::Evidence>::Prompt;
            pub fn reads_raw<M: LanguageModel<Input = RawPrompt>>(_: &M) {}
            pub fn ask<T: Transport, W: Watch, L: Ledger>(model: &Remote<T, W, L>) { reads_raw(model) }",
        error: "E0271",
        says: &["Remote<T, W, L> as LanguageModel>::Input == Raw<Prompt>`"],
    },
    Breach {
        what: "released text is made outside privacy",
        file: REMOTE,
        code: "pub fn release(prompt: Prompt) -> Released<Prompt> { Released(prompt) }",
        error: "E0423",
        says: &["cannot initialize a tuple struct which contains private fields"],
    },
    Breach {
        what: "the function that makes released text is called outside privacy",
        file: REMOTE,
        code: "pub fn release(prompt: Prompt) -> Released<Prompt> { Released::new(prompt) }",
        error: "E0624",
        says: &["associated function `new` is private"],
    },
    Breach {
        what: "a request is cleared outside the door",
        file: REMOTE,
        code: "pub fn clear(url: String) -> crate::provider::Cleared {
            crate::provider::Cleared { url, headers: Vec::new(), body: Vec::new() } }",
        error: "E0451",
        says: &["fields `url`, `headers` and `body` of struct `Cleared` are private"],
    },
    Breach {
        what: "what the door has not cleared is sent",
        file: "src/provider/egress.rs",
        code: "pub async fn send<T: Transport>(transport: &T, rendered: &Rendered) -> bool {
            transport.send(rendered).await.is_ok() }",
        error: "E0308",
        says: &["expected `&Cleared`, found `&Rendered`"],
    },
    Breach {
        what: "a request is made of what was not released",
        file: REMOTE,
        code:
            "pub fn outbound<'a>(endpoint: &'a crate::provider::Endpoint, prompt: &Prompt) -> Outbound<'a> {
            let render = |_: &Prompt| Rendered { path: String::new(), headers: Vec::new(), body: Vec::new() };
            Outbound::new(endpoint, prompt, render, \"\", \"\") }",
        error: "E0308",
        says: &["expected `&Released<Prompt>`, found `&Prompt`"],
    },
];

/// The same for what exists only in a browser.
const IN_A_BROWSER: &[Breach] = &[
    Breach {
        what: "raw text is handed to JavaScript",
        file: "src/provider/transport/browser.rs",
        code: "pub fn value(raw: crate::privacy::Raw<String>) -> wasm_bindgen::JsValue { raw.into() }",
        error: "E0277",
        says: &[
            "the trait bound `wasm_bindgen::JsValue: ",
            "From<Raw<std::string::String>>` is not satisfied",
        ],
    },
    Breach {
        what: "raw text is written as a JavaScript value",
        file: "src/provider/transport/browser.rs",
        code: "pub fn value(raw: &crate::privacy::Raw<String>) -> Option<wasm_bindgen::JsValue> {
            serde_wasm_bindgen::to_value(raw).ok() }",
        error: "E0277",
        says: &["the trait bound `Raw<", "Serialize` is not satisfied", "in `serde_wasm_bindgen::to_value`"],
    },
];

/// That the compiler says exactly what is expected of each breach, and nothing about the copy as it is.
///
/// All are put in at once, each in a module of its own, which sees what its file sees. An error belongs to the breach in
/// whose lines it is. Errors of an early pass keep the compiler from a later one, so those that nothing was said of are
/// put in again without the others, until a round brings no more.
fn check(breaches: &'static [Breach], options: &[&str]) {
    let tree = Tree::new("whole", &[]);
    let control = cargo::check(&tree, options);
    assert!(control.is_empty(), "the control must compile: {control:#?}");
    let mut wrong = Vec::new();
    let mut left: Vec<&Breach> = breaches.iter().collect();
    loop {
        let modules: Vec<String> =
            (0..left.len()).map(|number| in_a_module(number, left[number].code)).collect();
        let edits: Vec<Edit<'_>> = left
            .iter()
            .zip(&modules)
            .map(|(breach, with)| Edit { file: breach.file, find: "", with })
            .collect();
        let (refusals, lines) = tree.broken(&edits, || {
            let lines = |(number, breach): (usize, &&Breach)| {
                tree.lines_between(breach.file, &begin(number), &end(number))
            };
            (cargo::check(&tree, options), left.iter().enumerate().map(lines).collect::<Vec<_>>())
        });
        let of = |number: usize, refusal: &&Refusal| {
            refusal.file == left[number].file && lines[number].contains(&refusal.line)
        };
        for refusal in &refusals {
            if !(0..left.len()).any(|number| of(number, &refusal)) {
                wrong.push(format!("it was said of no breach: {refusal:#?}"));
            }
        }
        let mut unsaid = Vec::new();
        for (number, breach) in left.iter().enumerate() {
            let Breach { what, error, says, .. } = breach;
            match &refusals.iter().filter(|refusal| of(number, refusal)).collect::<Vec<_>>()[..] {
                [refusal] if breach.is(refusal) => println!("refused with {error}: {what}"),
                [] => unsaid.push(*breach),
                others => wrong.push(format!("{what}: not {error} {says:?} but {others:#?}")),
            }
        }
        if unsaid.is_empty() {
            break;
        }
        if unsaid.len() == left.len() {
            wrong.extend(unsaid.iter().map(|breach| format!("{}: it compiles", breach.what)));
            break;
        }
        left = unsaid;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Breach {
    /// Whether this is what the compiler should say of it.
    fn is(&self, refusal: &Refusal) -> bool {
        // The compiler writes a type's module before its name where another crate, or another error, has a type of that
        // name.
        let words = refusal.words.replace("privacy::raw::", "").replace("model::prompt::", "");
        refusal.code == self.error && self.says.iter().all(|said| words.contains(said))
    }
}

fn begin(number: usize) -> String {
    format!("mod breach_{number} {{")
}

fn end(number: usize) -> String {
    format!("}} // breach {number}")
}

fn in_a_module(number: usize, code: &str) -> String {
    format!("{}\n#[allow(unused_imports)]\nuse super::*;\n{code}\n{}", begin(number), end(number))
}

#[test]
fn breaches_of_the_boundary_do_not_compile() {
    check(BREACHES, &["--features=cli"]);
}

#[test]
fn raw_text_has_no_way_into_javascript() {
    const WASM: &str = "wasm32-unknown-unknown";
    if cargo::has_target(WASM) {
        check(IN_A_BROWSER, &["--features=data-worker", "--target", WASM]);
    } else {
        println!("NOT MEASURED: raw text into JavaScript, for want of the target {WASM}");
    }
}
