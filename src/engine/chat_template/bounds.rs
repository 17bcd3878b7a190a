//! Keeps a stranger's template from needing more stack than there is.
//!
//! `minijinja` bounds brackets, calls and work. It goes down chains of operators, and into values, by recursion, however
//! deep they are, and a stack that overflows ends the program. So chains are bounded before a template is compiled, and
//! what it assigns while it runs: nothing but assignments makes a value deeper from turn to turn of a loop, or puts it
//! into itself. A part of a list (`messages[1:]`) is such a value, since it looks its items up in what it is a part of: a
//! list of them is assigned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{ObjectRepr, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, functions};

use super::{TemplateError, unreadable};

/// Tokens of one tag. The longest of the models' templates in `tests/golden` has 38; a test has a megabyte of stack do for
/// chains of so many.
const MOST_TOKENS: usize = 400;

/// Branches of a template; each lies within the one before.
const MOST_BRANCHES: usize = 400;

/// Values within values. A tool's parameters may be some ten deep.
const DEEPEST: usize = 64;

/// Values looked at in a whole run, so that looking is no way to run on.
const MOST_VISITED: usize = 1_000_000;

/// How often a template may repeat something in one product. A list is repeated for nothing and read at length: no fuel is
/// asked for that.
const MOST_REPEATED: u64 = 1000;

/// Calls within calls and blocks within blocks.
const DEEPEST_CALL: usize = 100;

const ASSIGNED: &str = "bounded_for_a_variable";
const ASSIGNED_TO_A_FIELD: &str = "bounded_for_a_field";

/// The template with a look at each value that it assigns.
///
/// # Errors
/// Where it is no Jinja, or chains too much.
pub fn bounded(source: &str, syntax: SyntaxConfig) -> Result<String, TemplateError> {
    let mut looks = Vec::new();
    let (mut tokens, mut branches) = (0, 0);
    let mut set = None::<Assignment>;
    let mut product = Product::default();
    let mut cycle = Cycle::default();
    for token in tokenize(source, false, syntax) {
        let (token, span) = token.map_err(|error| unreadable(&error))?;
        tokens += 1;
        match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => tokens = 0,
            Token::Ident("set") if tokens == 1 => set = Some(Assignment::default()),
            Token::Ident("elif") if tokens == 1 => branches += 1,
            Token::BlockEnd => {
                let look = set.take().and_then(|set| set.look());
                looks.extend(look.map(|look| (span.start_offset as usize, look)));
            }
            _ => {}
        }
        if let Some(set) = &mut set
            && set.begins_value(&token)
        {
            looks.push((span.end_offset as usize, "(".to_owned()));
        }
        let why = if tokens > MOST_TOKENS || branches > MOST_BRANCHES {
            format!("it chains more than {MOST_TOKENS} operators or branches")
        } else if !product.is_small(&token) {
            format!("a product is of a text or of a number up to {MOST_REPEATED}, one in a tag")
        } else if cycle.is_empty(&token) {
            "cycle has nothing to choose from".to_owned()
        } else {
            continue;
        };
        return Err(TemplateError::Syntax { line: span.start_line.into(), why });
    }
    let mut looked = String::with_capacity(source.len());
    let mut from = 0;
    for (at, look) in looks {
        looked.push_str(&source[from..at]);
        looked.push_str(&look);
        from = at;
    }
    Ok(looked + &source[from..])
}

/// The product of a tag that is being read.
#[derive(Default)]
struct Product {
    is_there: bool,
    /// Whether its other side has to say how small it is.
    is_open: bool,
    /// Whether the token before is a text or a small number.
    is_behind_small: bool,
}

impl Product {
    /// Reads on; whether nothing is repeated more often than it may be.
    fn is_small(&mut self, token: &Token<'_>) -> bool {
        let small = match token {
            Token::Str(_) | Token::String(_) => true,
            Token::Int(number) => *number <= MOST_REPEATED,
            _ => false,
        };
        let fits = match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => {
                *self = Product::default();
                true
            }
            Token::Mul if self.is_there => false,
            Token::Mul => {
                (self.is_there, self.is_open) = (true, !self.is_behind_small);
                true
            }
            _ => !std::mem::take(&mut self.is_open) || small,
        };
        self.is_behind_small = small;
        fits
    }
}

/// How far a call of `loop.cycle` has been read: without anything to choose from it panics.
#[derive(Default)]
enum Cycle {
    #[default]
    Away,
    Dot,
    Named,
    Called,
}

impl Cycle {
    /// Reads on; whether it is called with nothing, or with what may come to nothing.
    fn is_empty(&mut self, token: &Token<'_>) -> bool {
        let is_called = matches!(self, Cycle::Called);
        *self = match (&self, token) {
            (_, Token::Dot) => Cycle::Dot,
            (Cycle::Dot, Token::Ident("cycle")) => Cycle::Named,
            (Cycle::Named, Token::ParenOpen) => Cycle::Called,
            _ => Cycle::Away,
        };
        is_called && matches!(token, Token::ParenClose | Token::Mul | Token::Pow)
    }
}

/// A `set` tag that is being read.
#[derive(Default)]
struct Assignment {
    is_field: bool,
    has_value: bool,
    has_filter: bool,
}

impl Assignment {
    /// Reads on; whether the value begins behind this token.
    fn begins_value(&mut self, token: &Token<'_>) -> bool {
        if self.has_value || self.has_filter {
            return false;
        }
        match token {
            Token::Dot => self.is_field = true,
            Token::Assign => self.has_value = true,
            Token::Pipe => self.has_filter = true,
            _ => {}
        }
        self.has_value
    }

    /// What stands at the end of the tag; a block of text without a filter is looked at by nobody.
    fn look(&self) -> Option<String> {
        let filter = if self.is_field { ASSIGNED_TO_A_FIELD } else { ASSIGNED };
        match (self.has_value, self.has_filter) {
            (true, _) => Some(format!(")|{filter}")),
            (_, true) => Some(format!("|{filter}")),
            _ => None,
        }
    }
}

/// How many values were looked at in a run.
#[derive(Clone, Debug, Default)]
pub struct Visited(Arc<AtomicUsize>);

impl Visited {
    /// Begins another run.
    pub fn begin(&self) {
        self.0.store(0, Relaxed);
    }
}

/// Adds what [`bounded`] templates call.
pub fn add_looks(environment: &mut Environment<'_>, visited: &Visited) {
    environment.set_recursion_limit(DEEPEST_CALL);
    for (name, may_change) in [(ASSIGNED, true), (ASSIGNED_TO_A_FIELD, false)] {
        let visited = visited.clone();
        environment.add_filter(name, move |value: Value| {
            look(&value, &visited, DEEPEST, may_change).map(|is_lazy| settled(value, is_lazy))
        });
    }
    let visited = visited.clone();
    environment.add_function("namespace", move |fields: Option<ValueOrKwargs>| {
        let fields = fields.map(ValueOrKwargs::into_value).map(|fields| {
            look(&fields, &visited, DEEPEST, true).map(|is_lazy| settled(fields, is_lazy).into())
        });
        functions::namespace(fields.transpose()?)
    });
}

/// Goes into a value, so many values deep, and tells whether it holds any that looks its items up in another. One that may be
/// changed later must not come into another: it could hold itself.
fn look(value: &Value, visited: &Visited, depth: usize, may_change: bool) -> Result<bool, Error> {
    if visited.0.fetch_add(1, Relaxed) >= MOST_VISITED {
        return Err(Error::from(ErrorKind::OutOfFuel));
    }
    let Some(object) = value.as_object() else { return Ok(false) };
    if depth == 0 {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a value is more than {DEEPEST} deep")));
    }
    if !may_change && object.type_name().ends_with("Namespace") {
        return Err(Error::new(ErrorKind::InvalidOperation, "a namespace can't hold a namespace"));
    }
    let go = |is_lazy: bool, value: Value| {
        look(&value, visited, depth - 1, may_change).map(|more| is_lazy || more)
    };
    match object.repr() {
        ObjectRepr::Map => {
            let mut pairs = object.try_iter_pairs().into_iter().flatten();
            pairs.try_fold(false, |is_lazy, (key, value)| go(go(is_lazy, key)?, value))
        }
        repr @ (ObjectRepr::Seq | ObjectRepr::Iterable) => {
            object.try_iter().into_iter().flatten().try_fold(repr == ObjectRepr::Iterable, go)
        }
        _ => Ok(false),
    }
}

/// The same value with lists of their own for those that look their items up in another.
fn settled(value: Value, is_lazy: bool) -> Value {
    let Some(object) = value.as_object().filter(|_| is_lazy) else { return value };
    match object.repr() {
        // What may be changed stays itself; what is put into it was settled before.
        ObjectRepr::Map if !object.type_name().ends_with("Namespace") => {
            let pairs = object.try_iter_pairs().into_iter().flatten();
            Value::from_pairs(pairs.map(|(key, value)| (key, settled(value, true))))
        }
        ObjectRepr::Seq | ObjectRepr::Iterable => {
            Value::from_iter(object.try_iter().into_iter().flatten().map(|value| settled(value, true)))
        }
        _ => value,
    }
}
