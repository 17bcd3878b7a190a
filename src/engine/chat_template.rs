//! Turns into the text that a model was trained on, by the Jinja template in its own file.
//!
//! The templates were written for Hugging Face's Python renderer, so what that gives them is given here too: blocks
//! trimmed, Python's string methods, `raise_exception`, `strftime_now`, `tojson` in Python's spelling. A template is
//! a stranger's program: it runs with limited fuel and writes a limited text.

use std::fmt;
use std::io;

use jiff::civil::Date;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, ErrorKind, context};
use serde::Serialize;

use super::gguf::{GgufError, Header};

mod bounds;
mod formats;

/// ChatML, for files that have no template: the most widespread of the formats.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n\
                      {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Gemma's turns, for files without a template whose vocabulary has them. There is no system turn: it opens the first of
/// the person's.
const GEMMA: &str = "{{ bos_token }}{% set ns = namespace(opening='') %}{% for message in messages %}\
                     {% if message.role == 'system' %}{% set ns.opening = ns.opening ~ message.content ~ '\n\n' %}\
                     {% else %}<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n\
                     {{ ns.opening }}{{ message.content | trim }}<end_of_turn>\n{% set ns.opening = '' %}{% endif %}\
                     {% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";

/// Instructions that a template may take; the largest conversations need some thousands.
const FUEL: u64 = 5_000_000;
/// Bytes that a template may write beyond twice what it was given.
const OUTPUT_BYTES: usize = 1 << 20;
const NAME: &str = "chat template";

/// One turn, as templates see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// A model's chat template, ready to render.
pub struct ChatTemplate {
    environment: Environment<'static>,
    visited: bounds::Visited,
    /// What it is called, if it is none of the file's.
    built_in: Option<&'static str>,
    bos_token: String,
    eos_token: String,
}

/// Why a template gave no text.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The metadata has the template in another type.
    #[error(transparent)]
    Metadata(#[from] GgufError),
    /// The template is no Jinja.
    #[error("the model's chat template can't be read, line {line}: {why}")]
    Syntax {
        /// Line of the template, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The template does not take these turns (`raise_exception`).
    #[error("the model's chat template refuses these turns: {why}")]
    Refused {
        /// What the template says.
        why: String,
    },
    /// The template fails while it runs.
    #[error("the model's chat template fails, line {line}: {why}")]
    Failed {
        /// Line of the template, from 1.
        line: usize,
        /// What went wrong.
        why: String,
    },
    /// The template runs on and on.
    #[error("the model's chat template does not come to an end")]
    Endless,
}

impl ChatTemplate {
    /// The template of a GGUF file; where it has none, Gemma's if its vocabulary has Gemma's turns, else ChatML.
    pub fn from_header(header: &Header) -> Result<Self, TemplateError> {
        let source = header.get::<&str>("tokenizer.chat_template")?;
        let tokens: &[String] = header.get("tokenizer.ggml.tokens")?.unwrap_or_default();
        let text = |key| -> Result<String, TemplateError> {
            let token = header.get::<u32>(key)?.and_then(|id| tokens.get(id as usize));
            Ok(token.cloned().unwrap_or_default())
        };
        let bos = text("tokenizer.ggml.bos_token_id")?;
        let eos = text("tokenizer.ggml.eos_token_id")?;
        let (source, built_in) = match source {
            Some(source) => (source, None),
            None if tokens.iter().any(|token| token == "<start_of_turn>") => {
                (GEMMA, Some("Gemma's (built in: the file has no template)"))
            }
            None => (CHATML, Some("ChatML (built in: the file has no template)")),
        };
        Ok(ChatTemplate { built_in, ..ChatTemplate::new(source, bos, eos)? })
    }

    /// A template from its source; `bos_token` and `eos_token` are what it calls by these names.
    pub fn new(source: &str, bos_token: String, eos_token: String) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        let syntax = syntax.map_err(|error| unreadable(&error))?;
        environment.set_syntax(syntax.clone());
        environment.set_fuel(Some(FUEL));
        add_builtins(&mut environment);
        let visited = bounds::Visited::default();
        bounds::add_looks(&mut environment, &visited);
        let source = bounds::bounded(source, syntax)?;
        environment.add_template_owned(NAME, source).map_err(|error| unreadable(&error))?;
        Ok(ChatTemplate { environment, visited, built_in: None, bos_token, eos_token })
    }

    /// What people may be told that it is: the file's own, or the built-in ChatML.
    pub fn name(&self) -> &'static str {
        self.built_in.unwrap_or("the file's own")
    }

    /// The text of `messages`, with the beginning of the model's answer if it is to come next.
    ///
    /// `today` is what `strftime_now` tells: a template may put the date into its text.
    pub fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
        today: Date,
    ) -> Result<String, TemplateError> {
        let given: usize = messages.iter().map(|message| message.content.len()).sum();
        let mut output =
            Limited { bytes: Vec::new(), left: given.saturating_mul(2).saturating_add(OUTPUT_BYTES) };
        let now = move |format: String| {
            jiff::fmt::strtime::format(&format, today)
                .map_err(|error| minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string()))
        };
        let message = |message: &Message| {
            Value::from_pairs([("role", message.role.as_str()), ("content", message.content.as_str())])
        };
        let variables = context! {
            messages => messages.iter().map(message).collect::<Vec<Value>>(),
            add_generation_prompt,
            bos_token => self.bos_token.as_str(),
            eos_token => self.eos_token.as_str(),
            tools => (),
            documents => (),
            strftime_now => Value::from_function(now),
        };
        self.visited.begin();
        let template = self.environment.get_template(NAME);
        let rendered =
            template.and_then(|template| template.render_captured_to(variables, &mut output).map(|_| ()));
        match rendered {
            Ok(()) => Ok(String::from_utf8_lossy(&output.bytes).into_owned()),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn unreadable(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax { line: error.line().unwrap_or(1), why: told(error) }
}

fn failure(error: &minijinja::Error) -> TemplateError {
    let mut source = Some(error as &dyn std::error::Error);
    while let Some(error) = source {
        if let Some(Raised(why)) = error.downcast_ref() {
            return TemplateError::Refused { why: why.clone() };
        }
        source = error.source();
    }
    match error.kind() {
        ErrorKind::OutOfFuel | ErrorKind::WriteFailure => TemplateError::Endless,
        _ => TemplateError::Failed { line: error.line().unwrap_or(1), why: told(error) },
    }
}

fn told(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

/// What a template said with `raise_exception`.
#[derive(Debug)]
struct Raised(String);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raised {}

fn raise_exception(why: String) -> Result<Value, minijinja::Error> {
    Err(minijinja::Error::new(ErrorKind::InvalidOperation, why.clone()).with_source(Raised(why)))
}

fn add_builtins(environment: &mut Environment<'static>) {
    formats::add_formats(environment);
    environment.add_function("raise_exception", raise_exception);
    environment.add_filter("tojson", tojson);
}

/// JSON as Python's `json.dumps(…, ensure_ascii=False)` spells it, which is what templates expect: Jinja's own would
/// escape `<`, and the spaces differ too.
fn tojson(value: Value, options: Kwargs) -> Result<Value, minijinja::Error> {
    let indent: Option<usize> = options.get("indent")?;
    // Named by some templates; they have nothing to change here.
    let _: Option<Value> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    let bad =
        |error: serde_json::Error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string());
    let mut bytes = Vec::new();
    match indent {
        None => {
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Python)).map_err(bad)?
        }
        Some(spaces) => {
            let indent = " ".repeat(spaces.min(16));
            let pretty = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, pretty)).map_err(bad)?;
        }
    }
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

/// `", "` between items and `": "` after keys.
struct Python;

impl serde_json::ser::Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Takes so many bytes and no more.
struct Limited {
    bytes: Vec<u8>,
    left: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::engine::embedded;

    const TODAY: Date = jiff::civil::date(2026, 1, 2);

    #[derive(Deserialize)]
    struct Golden {
        templates: std::collections::HashMap<String, String>,
        rendered: Vec<Rendered>,
    }

    #[derive(Deserialize)]
    struct Rendered {
        name: String,
        messages: Vec<Turn>,
        add_generation_prompt: bool,
        text: Option<String>,
    }

    #[derive(Clone, Deserialize)]
    struct Turn {
        role: String,
        content: String,
    }

    fn messages(turns: &[Turn]) -> Vec<Message> {
        turns.iter().map(|turn| Message { role: turn.role.clone(), content: turn.content.clone() }).collect()
    }

    #[test]
    fn renders_what_hugging_face_renders() {
        let text = std::fs::read_to_string("tests/golden/chat_templates.json").unwrap();
        let golden: Golden = serde_json::from_str(&text).unwrap();
        assert!(golden.rendered.len() > 100);
        for Rendered { name, messages: turns, add_generation_prompt, text } in &golden.rendered {
            let template = ChatTemplate::new(&golden.templates[name], "<s>".into(), "</s>".into()).unwrap();
            let rendered = template.render(&messages(turns), *add_generation_prompt, TODAY);
            match (&rendered, text) {
                (Ok(rendered), Some(text)) => assert_eq!(rendered, text, "{name}"),
                (Err(TemplateError::Refused { .. }), None) => {}
                _ => panic!("{name}: {rendered:?}, expected {text:?}"),
            }
        }
    }

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let template = ChatTemplate::new(source, "<s>".into(), "</s>".into());
        let hello = Message { role: "user".into(), content: "Hi".into() };
        let rendered = template.and_then(|template| template.render(&[hello], true, TODAY));
        assert_eq!(rendered.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn gives_templates_what_they_expect() {
        check("{{ strftime_now('%d %b %Y') }}", "02 Jan 2026");
        check("{{ bos_token }}|{{ eos_token }}|{{ tools is none }}", "<s>|</s>|True");
        check("{{ messages | tojson }}", r#"[{"role": "user", "content": "Hi"}]"#);
        check("{{ {'a': ['<&>', 1.5, none]} | tojson }}", r#"{"a": ["<&>", 1.5, null]}"#);
        check("{{ [1] | tojson(indent=2) }}", "[\n  1\n]");
        check("{% for x in [1, 2, 3] %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", "1");
        check(
            "{{ 'a-b'.split('-')[-1].upper() }} {{ ' x '.strip() }} {{ 'ab'.startswith('a') }}",
            "B x True",
        );
    }

    #[test]
    fn faults_are_told_with_their_line() {
        check("a\n{% if %}", "the model's chat template can't be read, line 2: unexpected end of block");
        check(
            "a\n\n{{ raise_exception('no tools') }}",
            "the model's chat template refuses these turns: no tools",
        );
        check(
            "a\n{{ messages[0].content.nonesuch() }}",
            "the model's chat template fails, line 2: string has no method named nonesuch",
        );
        check(
            "{{ [1] | tojson(indent='x') }}",
            "the model's chat template fails, line 1: cannot convert string to usize",
        );
    }

    #[test]
    fn endless_templates_end() {
        let endless = "the model's chat template does not come to an end";
        check(
            "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
            endless,
        );
        check("{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}", endless);
        check(
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "the model's chat template fails, line 1: recursion limit exceeded",
        );
    }

    #[test]
    fn what_needs_more_stack_than_there_is_is_refused() {
        let chained =
            "the model's chat template can't be read, line 1: it chains more than 400 operators or branches";
        for (link, end) in
            [("1+", "1"), ("a~", "a"), ("-", "1"), ("not ", "1"), ("1**", "1"), ("1 if 1 else ", "1")]
        {
            check(&format!("{{{{ {}{end} }}}}", link.repeat(20_000)), chained);
            check(&format!("{{{{ {}{end} }}}}", link.repeat(3_000)), chained);
        }
        for link in ["|e", ".a", "()", "[0]"] {
            check(&format!("{{{{ a{} }}}}", link.repeat(3_000)), chained);
        }
        check(&format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(4_000)), chained);
        let deep = "the model's chat template fails, line 1: a value is more than 64 deep";
        for wraps in [
            "[ns.x]",
            "{'x': ns.x}",
            "(ns.x, 1)",
            "[[ns.x]] + []",
            "ns.x, 1",
            "[ns.x] if 1 else 2",
            "[ns.x]|list",
        ] {
            for print in ["", "{{ ns.x }}", "{{ ns.x|tojson }}"] {
                let grows = format!(
                    "{{% set ns = namespace(x=[]) %}}{{% for i in range(9999) %}}{{% for j in range(99) %}}{{%- set ns.x = {wraps} -%}}\
                     {{% endfor %}}{{% endfor %}}{print}"
                );
                check(&grows, deep);
            }
        }
        check(&format!("{{% set x = 1 %}}{}", "{% set x = [x] %}".repeat(9999)), deep);
        let holds = "the model's chat template fails, line 1: a namespace can't hold a namespace";
        for holds_itself in
            ["ns", "[ns]", "{'a': {'b': ns}}", "namespace(y=ns)", "1, ns", "[0]|map('default', ns, true)"]
        {
            for field in ["ns.x", "ns.x, ns.y"] {
                check(
                    &format!(
                        "{{% set ns = namespace(x=1) %}}{{% set {field} = {holds_itself} %}}{{{{ ns }}}}"
                    ),
                    holds,
                );
            }
        }
        check("{% set ns = namespace(x=1) %}{% set ns.x|default(ns, true) %}{% endset %}{{ ns }}", holds);
        let often = "the model's chat template can't be read, line 1: a product is of a text or of a number up to 1000, one in a tag";
        for product in
            ["30000000 * messages", "messages * n", "9 * 9 * messages", "messages * (9)", "n * messages"]
        {
            check(&format!("{{% set n = 9 %}}{{{{ {product} }}}}"), often);
        }
        check(
            "{% set x = 1000 * messages %}{% set x = 1000 * x %}{{ x }}",
            "the model's chat template does not come to an end",
        );
        check(
            "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set y = range(9999)|list %}{% endfor %}",
            "the model's chat template does not come to an end",
        );
    }

    /// A worker of a browser has a stack of one megabyte.
    #[test]
    fn what_is_let_through_needs_no_large_stack() {
        let run = || {
            let hello = Message { role: "user".into(), content: "Hi".into() };
            let render = |source: &str| {
                let template = ChatTemplate::new(source, String::new(), String::new())?;
                template.render(std::slice::from_ref(&hello), true, TODAY)
            };
            for (link, end) in [
                ("1+", "1"),
                ("a~", "a"),
                ("not ", "1"),
                ("1**", "1"),
                ("1 and ", "1"),
                ("1 if 1 else ", "1"),
            ] {
                let longest = (1..400).rev().map(|n| format!("{{{{ {}{end} }}}}", link.repeat(n)));
                let refused = |source: &String| matches!(render(source), Err(TemplateError::Syntax { .. }));
                assert!(longest.skip_while(refused).count() > 90, "{link}");
            }
            assert!(render(&format!("{{{{ 'a'{} }}}}", "|e".repeat(190))).is_ok());
            assert!(render(&format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(400))).is_ok());
            let wraps = format!("{}x{}", "[".repeat(99), "]".repeat(99));
            let calls = format!(
                "{{% macro m(x) %}}{{% if 1 %}}{{{{ m({wraps}) }}}}{{% endif %}}{{% endmacro %}}{{{{ m(1) }}}}"
            );
            assert!(render(&calls).is_err());
            let deep = "{% set x = 1 %}".to_owned()
                + &"{% set x = [x] %}".repeat(63)
                + "{{ x }}{{ x|tojson }}{{ x == x }}";
            assert!(render(&deep).is_ok());
        };
        std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
    }

    #[test]
    fn formats_are_small() {
        check(
            "{{ '%05d, 123456 é %.2f%%'|format(7, 1.5) }}{{ '%(a)s'|format(a=1) }}",
            "00007, 123456 é 1.50%1",
        );
        check("{{ '{{é}} {:>5}, 123456 é {x[a]}'.format(7, x={'a': 1}) }}", "{é}     7, 123456 é 1");
        let large =
            "the model's chat template fails, line 1: a format has widths of up to 3 digits, and ASCII alone";
        for format in [
            "'{:>1000000000}'.format(1)",
            "'{:.99999999999e}'.format(1.5)",
            "'{0[é]}'.format({'é': 1})",
            "('{:>10' ~ '00000000}').format(1)",
            "'%.65536f'|format(1)",
            "'%(é)s'|format({'é': 1})",
            "'%1000000000d'|format(1)",
        ] {
            check(&format!("{{{{ {format} }}}}"), large);
        }
    }

    #[test]
    fn a_cycle_has_something_to_choose_from() {
        check("{% for i in [1, 2, 3] %}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba");
        for call in ["loop.cycle()", "loop.cycle(*[])", "loop . cycle ( **{})", "(loop).cycle()"] {
            check(
                &format!("{{% for i in [1] %}}{{{{ {call} }}}}{{% endfor %}}"),
                "the model's chat template can't be read, line 1: cycle has nothing to choose from",
            );
        }
    }

    /// Each would look its items up in the one before, which takes a time that grows with the square of their number, and
    /// a stack that grows with it.
    #[test]
    fn parts_of_parts_of_lists_are_lists() {
        let begin = "{% set ns = namespace(a=[1, 2]) %}{% for i in range(20000) %}";
        let end = "{% endfor %}{{ ns.a }}";
        check(&format!("{begin}{{% set ns.a = ns.a[0:] %}}{end}"), "[1, 2]");
        check(&format!("{begin}{{% set ns.a = 1 * ns.a %}}{end}"), "[1, 2]");
        check(&format!("{begin}{{% set ns.a = [ns.a[0][0:], 2] if i else [[1], 2] %}}{end}"), "[[1], 2]");
        check(&format!("{begin}{{% set ns.a = {{'b': ns.a.b[0:] if i else []}} %}}{end}"), "{'b': []}");
        let namespaces = "{% set ns = namespace(a=ns.a[0:]) %}".repeat(20_000);
        check(&format!("{{% set ns = namespace(a=[1, 2]) %}}{namespaces}{{{{ ns.a }}}}"), "[1, 2]");
    }

    #[test]
    fn what_is_assigned_stays_what_it_is() {
        check(
            "{% for i in [1, 2] %}{{ '-' * i }}{{ i * 4 }}{{ 2 * (i + 1) }}{% endfor %}{{ (2 * messages)|length }}",
            "-44--862",
        );
        check(
            r#"{% set y|tojson(indent=2) %}b{% endset %}{{ y }}{% set ns = namespace(z=0) %}{% set ns.z|upper %}c{% endset %}{{ ns.z }}"#,
            "\"b\"C",
        );
        check(
            "{% set a, b = 1, 'x' %}{{ a }}{{ b }}{% set c = 2, %}{{ c }}{% set d %}t{% endset %}{{ d }}",
            "1x(2,)t",
        );
        check(
            "{%- set ns = namespace(a=[]) -%} {%- set ns.a = ns.a + [1] -%} {% set ns.a = ns.a + [[2]] %}{{ ns.a }}",
            "[1, [2]]",
        );
        check(
            "{% set x = 'a' if 0 %}{{ x is defined }}{% set y|upper %}b{% endset %}{{ y }}{% set z=messages[0:]%}{{ z[0].role }}",
            "FalseBuser",
        );
        check(
            "{% set a = {'b': 1, 'c': {'d': [1, 2]}} %}{{ a.c.d[1] }}{% set f = '=' == '%}' %}{{ f }}",
            "2False",
        );
    }

    #[test]
    fn a_file_without_a_template_gets_chatml() {
        let mut header = embedded::header().clone();
        header.metadata.retain(|(key, _)| key != "tokenizer.chat_template");
        let template = ChatTemplate::from_header(&header).unwrap();
        assert_eq!(template.name(), "ChatML (built in: the file has no template)");
        let hello = Message { role: "user".into(), content: "Hi {{ x }}".into() };
        let text = template.render(&[hello], true, TODAY).unwrap();
        assert_eq!(text, "<|im_start|>user\nHi {{ x }}<|im_end|>\n<|im_start|>assistant\n");
    }

    #[test]
    fn a_file_without_a_template_gets_the_turns_of_its_vocabulary() {
        let mut header = embedded::header().clone();
        header.metadata.retain(|(key, _)| key != "tokenizer.chat_template");
        let tokens = header.metadata.iter_mut().find(|(key, _)| key == "tokenizer.ggml.tokens");
        match tokens {
            Some((_, crate::engine::gguf::Value::Array(crate::engine::gguf::Array::String(tokens)))) => {
                tokens[20] = "<start_of_turn>".into();
            }
            _ => panic!("no tokens"),
        }
        let template = ChatTemplate::from_header(&header).unwrap();
        assert_eq!(template.name(), "Gemma's (built in: the file has no template)");
        let message = |role: &str, content: &str| Message { role: role.into(), content: content.into() };
        let conversation = [
            message("system", "Be brief."),
            message("user", " Hi {{ x }}\n"),
            message("assistant", "Hello."),
            message("user", "1+1?"),
        ];
        assert_eq!(
            template.render(&conversation, true, TODAY).unwrap(),
            "<|im_start|><start_of_turn>user\nBe brief.\n\nHi {{ x }}<end_of_turn>\n<start_of_turn>model\nHello.\
             <end_of_turn>\n<start_of_turn>user\n1+1?<end_of_turn>\n<start_of_turn>model\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn never_panics(source in r"[a-z{}%|\[\]()'. \n_=+~*-]{0,60}") {
            if let Ok(template) = ChatTemplate::new(&source, String::new(), String::new()) {
                let _ = template.render(&[], true, TODAY);
            }
        }
    }
}
