//! A model's reply, drawn from its Markdown: nothing of it is HTML, loads anything or leads anywhere.
//!
//! HTML is shown as the text that it is. An image is its description; a link is its words with its address behind
//! them, as text. What is nested too deep, or too long, is shown plainly.

use leptos::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Nesting beyond this is shown without its marks.
const DEEPEST: usize = 12;

/// Bytes beyond this are shown as they came.
const LONGEST: usize = 200_000;

/// A piece of a reply.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Code(String),
    Break,
    Rule,
    Holds(Kind, Vec<Piece>),
}

/// What holds other pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Paragraph,
    Heading,
    Quote,
    CodeBlock,
    Bullets,
    Numbers(u64),
    Item,
    Emphasis,
    Strong,
    Struck,
    Table,
    Row,
    Cell,
}

/// A reply.
#[component]
pub fn Markdown(
    /// Its text, as it came.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let pieces = match text.len() {
        ..=LONGEST => read(&text),
        _ => vec![Piece::Text(text)],
    };
    view! {
        <div class="markdown" dir="auto">
            {drawn(pieces)}
        </div>
    }
}

fn drawn(pieces: Vec<Piece>) -> Vec<AnyView> {
    pieces.into_iter().map(draw).collect()
}

fn draw(piece: Piece) -> AnyView {
    match piece {
        Piece::Text(text) => text.into_any(),
        Piece::Code(text) => view! { <code>{text}</code> }.into_any(),
        Piece::Break => view! { <br /> }.into_any(),
        Piece::Rule => view! { <hr /> }.into_any(),
        Piece::Holds(kind, within) => {
            let within = drawn(within);
            match kind {
                Kind::Plain => within.into_any(),
                Kind::Paragraph => view! { <p>{within}</p> }.into_any(),
                // The page's own headings stand above it.
                Kind::Heading => view! { <h4>{within}</h4> }.into_any(),
                Kind::Quote => view! { <blockquote>{within}</blockquote> }.into_any(),
                Kind::CodeBlock => view! { <pre tabindex="0"><code>{within}</code></pre> }.into_any(),
                Kind::Bullets => view! { <ul>{within}</ul> }.into_any(),
                Kind::Numbers(first) => view! { <ol start=first.to_string()>{within}</ol> }.into_any(),
                Kind::Item => view! { <li>{within}</li> }.into_any(),
                Kind::Emphasis => view! { <em>{within}</em> }.into_any(),
                Kind::Strong => view! { <strong>{within}</strong> }.into_any(),
                Kind::Struck => view! { <s>{within}</s> }.into_any(),
                Kind::Table => view! { <table><tbody>{within}</tbody></table> }.into_any(),
                Kind::Row => view! { <tr>{within}</tr> }.into_any(),
                Kind::Cell => view! { <td>{within}</td> }.into_any(),
            }
        }
    }
}

/// An element that is open, what it holds so far, and what is said behind it when it closes.
struct Open {
    kind: Kind,
    within: Vec<Piece>,
    behind: Option<String>,
}

/// The pieces of a reply.
fn read(text: &str) -> Vec<Piece> {
    let mut open = vec![Open { kind: Kind::Plain, within: Vec::new(), behind: None }];
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(tag) => {
                let (kind, behind) = kind_of(&tag);
                let kind = if open.len() > DEEPEST { Kind::Plain } else { kind };
                open.push(Open { kind, within: Vec::new(), behind });
            }
            Event::End(end) => close(&mut open, end),
            Event::Code(code) => put(&mut open, Piece::Code(code.into_string())),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                put(&mut open, Piece::Text(text.into_string()));
            }
            Event::SoftBreak => put(&mut open, Piece::Text("\n".into())),
            Event::HardBreak => put(&mut open, Piece::Break),
            Event::Rule => put(&mut open, Piece::Rule),
            // Not switched on.
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }
    while open.len() > 1 {
        close(&mut open, TagEnd::Paragraph);
    }
    open.pop().map(|whole| whole.within).unwrap_or_default()
}

fn put(open: &mut [Open], piece: Piece) {
    if let Some(innermost) = open.last_mut() {
        match (innermost.within.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(more)) => before.push_str(&more),
            (_, piece) => innermost.within.push(piece),
        }
    }
}

/// Closes the innermost element.
fn close(open: &mut Vec<Open>, _: TagEnd) {
    if open.len() > 1
        && let Some(Open { kind, within, behind }) = open.pop()
    {
        match kind {
            Kind::Plain => within.into_iter().for_each(|piece| put(open, piece)),
            kind => put(open, Piece::Holds(kind, within)),
        }
        if let Some(behind) = behind {
            put(open, Piece::Text(behind));
        }
    }
}

/// What an element is drawn as, and the address that is told behind it.
fn kind_of(tag: &Tag<'_>) -> (Kind, Option<String>) {
    let address = |to: &str| (!to.is_empty()).then(|| format!(" ({to})"));
    match tag {
        Tag::Paragraph => (Kind::Paragraph, None),
        Tag::Heading { .. } => (Kind::Heading, None),
        Tag::BlockQuote(_) => (Kind::Quote, None),
        Tag::CodeBlock(_) => (Kind::CodeBlock, None),
        Tag::List(None) => (Kind::Bullets, None),
        Tag::List(Some(first)) => (Kind::Numbers(*first), None),
        Tag::Item => (Kind::Item, None),
        Tag::Emphasis => (Kind::Emphasis, None),
        Tag::Strong => (Kind::Strong, None),
        Tag::Strikethrough => (Kind::Struck, None),
        Tag::Table(_) => (Kind::Table, None),
        Tag::TableHead | Tag::TableRow => (Kind::Row, None),
        Tag::TableCell => (Kind::Cell, None),
        Tag::Link { dest_url, .. } => (Kind::Plain, address(dest_url)),
        // An address that a picture would be loaded from may carry anything; it is not even shown.
        Tag::Image { .. } => (Kind::Plain, Some(" (a picture, not loaded)".into())),
        Tag::HtmlBlock => (Kind::Paragraph, None),
        _ => (Kind::Plain, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    #[test]
    fn marks_become_pieces() {
        let read = read("# A\n\nb *c* `d`\n\n1. e\n2. f");
        assert_eq!(read[0], Piece::Holds(Kind::Heading, vec![text("A")]));
        let Piece::Holds(Kind::Paragraph, line) = &read[1] else { panic!("{read:?}") };
        assert_eq!(line[1], Piece::Holds(Kind::Emphasis, vec![text("c")]));
        assert_eq!(line[3], Piece::Code("d".into()));
        let item = |letter: &str| Piece::Holds(Kind::Item, vec![text(letter)]);
        assert_eq!(read[2], Piece::Holds(Kind::Numbers(1), vec![item("e"), item("f")]));
    }

    #[test]
    fn html_is_text() {
        let read = read("<img src=x onerror=alert(1)>\n\nand <b>so</b>");
        let shown = format!("{read:?}");
        assert!(shown.contains("<img src=x onerror=alert(1)>") && shown.contains("<b>so</b>"), "{shown}");
    }

    #[test]
    fn a_link_is_its_words_and_its_address() {
        let line = Piece::Holds(Kind::Paragraph, vec![text("see here (https://evil.example/?q=1)")]);
        assert_eq!(read("see [here](https://evil.example/?q=1)"), [line]);
    }

    #[test]
    fn a_picture_is_its_description() {
        let line = Piece::Holds(Kind::Paragraph, vec![text("a cat (a picture, not loaded)")]);
        assert_eq!(read("![a cat](https://evil.example/?secret)"), [line]);
    }

    #[test]
    fn what_is_nested_deep_is_flat() {
        let read = read(&format!("{} deep", ">".repeat(5_000)));
        fn depth(piece: &Piece) -> usize {
            match piece {
                Piece::Holds(_, within) => 1 + within.iter().map(depth).max().unwrap_or(0),
                _ => 0,
            }
        }
        assert!(read.iter().all(|piece| depth(piece) <= DEEPEST + 1), "{}", read.len());
        assert!(format!("{read:?}").contains("deep"));
    }
}
