//! The app's few icons, drawn as strokes so that they take the text's colour and weight.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A stack of lines: the history.
    History,
    /// A head and shoulders: the portrait.
    Portrait,
    /// A pair of scales: the judge.
    Judge,
    /// A speech bubble: a question.
    Ask,
    /// A chip: the models.
    Models,
    /// A shield: what left.
    Privacy,
    /// A tick.
    Tick,
    /// A cross.
    Close,
    /// An arrow into a tray.
    Import,
    /// A plus.
    Add,
    /// A pencil.
    Edit,
    /// A bin.
    Delete,
    /// A pin.
    Pin,
    /// Two sheets.
    Copy,
    /// An arrow out of a tray.
    Download,
    /// A sun and a moon.
    Theme,
    /// A lens.
    Search,
    /// A padlock.
    Private,
    /// Two arrows that change sides.
    Swap,
    /// A circle that is crossed out.
    Refuse,
    /// An arrow that turns back.
    Restore,
}

impl Glyph {
    /// The strokes, on a field of 24 by 24.
    fn path(self) -> &'static str {
        match self {
            Glyph::History => "M4 6h16M4 12h16M4 18h10",
            Glyph::Portrait => {
                "M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-3.6 3.7-5.5 7.5-5.5s6.7 1.9 7.5 5.5"
            }
            Glyph::Judge => "M12 4v16M8 20h8M5 7h14M5 7l-2.5 6.5h5L5 7ZM19 7l-2.5 6.5h5L19 7Z",
            Glyph::Models => "M7 7h10v10H7ZM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
            Glyph::Ask => "M4 5h16v11h-8l-4.5 4v-4H4Z",
            Glyph::Privacy => {
                "M12 3.5l7 2.5v5.5c0 4.4-2.9 7.6-7 9-4.1-1.4-7-4.6-7-9V6l7-2.5ZM9 12l2.2 2.2L15.2 10"
            }
            Glyph::Tick => "M5 12.5l4.5 4.5L19 7.5",
            Glyph::Close => "M6 6l12 12M18 6L6 18",
            Glyph::Import => "M12 4v10M8 10.5l4 4 4-4M4 16v3.5h16V16",
            Glyph::Add => "M12 5v14M5 12h14",
            Glyph::Edit => "M4 20l1-4L16.5 4.5l3 3L8 19l-4 1ZM14 7l3 3",
            Glyph::Delete => "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
            Glyph::Pin => "M9 4h6M10 4v6l-3 3.5h10L14 10V4M12 13.5V20",
            Glyph::Copy => "M9 9h10.5v10.5H9ZM15 9V4.5H4.5V15H9",
            Glyph::Download => "M12 4v10M8 10.5l4 4 4-4M4.5 19.5h15",
            Glyph::Theme => "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 4a8 8 0 1 0 0 16Z",
            Glyph::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5L20 20",
            Glyph::Private => "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
            Glyph::Swap => "M4 9h14M14.5 5.5L18 9M20 15H6M9.5 18.5L6 15",
            Glyph::Refuse => "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM6.5 6.5l11 11",
            Glyph::Restore => "M4 9h10a5.5 5.5 0 0 1 0 11H8M7.5 5.5L4 9l3.5 3.5",
        }
    }
}

/// An icon; it is hidden from screen readers, since the words beside it say the same.
#[component]
pub fn Icon(
    /// Which.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" class:half={glyph == Glyph::Theme} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=glyph.path() />
        </svg>
    }
}
