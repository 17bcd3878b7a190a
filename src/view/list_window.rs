//! A window onto a long list: which rows are seen, which pages to ask for, where each row stands.
//!
//! Plain arithmetic, no browser. Rows have one height, so the place of any row is known without measuring the
//! ones before it. Browsers clamp very tall elements (Firefox at about 17.8 million pixels), so beyond
//! [`MAX_CONTENT_PX`] the scroll bar is scaled and rows are placed relative to what is seen.

use std::collections::BTreeMap;
use std::ops::Range;

/// Taller than this, no element is made; every browser in use takes it.
pub const MAX_CONTENT_PX: f64 = 12_000_000.0;

/// Rows of one page of [`PageCache`].
pub const PAGE_ROWS: u32 = 50;

/// Rows drawn beyond each edge, so that a wheel's step shows no gap.
const OVERSCAN_ROWS: u32 = 8;

/// How much of a list is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ListWindow {
    /// Rows in the list.
    pub total: u32,
    /// A row's height.
    pub row_px: f64,
    /// The height of what is seen.
    pub viewport_px: f64,
    /// How far it is scrolled.
    pub scroll_px: f64,
}

impl ListWindow {
    /// The height that the scrolled element gets.
    pub fn content_px(&self) -> f64 {
        self.full_px().min(MAX_CONTENT_PX)
    }

    /// The rows to draw: those seen and some on each side.
    pub fn drawn(&self) -> Range<u32> {
        let seen = self.seen();
        seen.start.saturating_sub(OVERSCAN_ROWS)..seen.end.saturating_add(OVERSCAN_ROWS).min(self.total)
    }

    /// The rows of which at least a part is seen.
    pub fn seen(&self) -> Range<u32> {
        if self.total == 0 || self.row_px <= 0.0 {
            return 0..0;
        }
        let top = self.top_px();
        let first = (top / self.row_px).floor() as u32;
        let last = ((top + self.viewport_px.max(0.0)) / self.row_px).ceil() as u32;
        first.min(self.total - 1)..last.clamp(1, self.total)
    }

    /// Where a row's top edge stands in the scrolled element.
    pub fn place_px(&self, row: u32) -> f64 {
        f64::from(row) * self.row_px - self.top_px() + self.clamped_scroll()
    }

    /// The scroll position that shows the row whole, moving as little as possible.
    pub fn reveal_px(&self, row: u32) -> f64 {
        let top = f64::from(row.min(self.total.saturating_sub(1))) * self.row_px;
        let now = self.top_px();
        let wanted = if top < now {
            top
        } else if top + self.row_px > now + self.viewport_px {
            top + self.row_px - self.viewport_px
        } else {
            return self.clamped_scroll();
        };
        wanted * self.scale()
    }

    /// The height all rows would have.
    fn full_px(&self) -> f64 {
        f64::from(self.total) * self.row_px
    }

    /// Scrolled pixels for each pixel of the list; 1 unless the list is taller than an element may be.
    fn scale(&self) -> f64 {
        let (full, content) = (self.full_px() - self.viewport_px, self.content_px() - self.viewport_px);
        if full > 0.0 && content < full { content.max(0.0) / full } else { 1.0 }
    }

    /// The scroll position within its bounds: a browser may report one beyond them while it bounces.
    fn clamped_scroll(&self) -> f64 {
        self.scroll_px.clamp(0.0, (self.content_px() - self.viewport_px).max(0.0))
    }

    /// Which pixel of the list is at the top of what is seen.
    fn top_px(&self) -> f64 {
        let scale = self.scale();
        if scale > 0.0 { self.clamped_scroll() / scale } else { 0.0 }
    }
}

/// Rows that have come, by page; the pages farthest from view are dropped first.
#[derive(Clone, Debug)]
pub struct PageCache<R> {
    pages: BTreeMap<u32, Vec<R>>,
    room: usize,
}

impl<R> PageCache<R> {
    /// A cache that keeps so many pages.
    pub fn new(room: usize) -> Self {
        PageCache { pages: BTreeMap::new(), room: room.max(2) }
    }

    /// A row, if it has come.
    pub fn row(&self, row: u32) -> Option<&R> {
        self.pages.get(&(row / PAGE_ROWS))?.get((row % PAGE_ROWS) as usize)
    }

    /// The offsets of the pages that these rows need and that have not come.
    pub fn missing(&self, rows: Range<u32>) -> Vec<u32> {
        if rows.is_empty() {
            return Vec::new();
        }
        (rows.start / PAGE_ROWS..=(rows.end - 1) / PAGE_ROWS)
            .filter(|page| !self.pages.contains_key(page))
            .map(|page| page * PAGE_ROWS)
            .collect()
    }

    /// Keeps a page that came.
    pub fn keep(&mut self, offset: u32, rows: Vec<R>) {
        let page = offset / PAGE_ROWS;
        self.pages.insert(page, rows);
        while self.pages.len() > self.room {
            let first = self.pages.keys().next().copied().unwrap_or(page);
            let last = self.pages.keys().next_back().copied().unwrap_or(page);
            let farthest = if page - first > last - page { first } else { last };
            self.pages.remove(&farthest);
        }
    }

    /// Drops all pages: the list has changed.
    pub fn clear(&mut self) {
        self.pages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(total: u32, scroll_px: f64) -> ListWindow {
        ListWindow { total, row_px: 80.0, viewport_px: 600.0, scroll_px }
    }

    #[test]
    fn shows_the_rows_under_the_scroll_position() {
        assert_eq!(window(0, 0.0).seen(), 0..0);
        assert_eq!(window(3, 0.0).seen(), 0..3);
        assert_eq!(window(1000, 0.0).seen(), 0..8);
        assert_eq!(window(1000, 80.0).seen(), 1..9);
        assert_eq!(window(1000, 81.0).seen(), 1..9);
        assert_eq!(window(1000, 1e9).seen(), 992..1000);
        assert_eq!(window(1000, -50.0).drawn(), 0..16);
    }

    #[test]
    fn a_short_list_is_placed_plainly() {
        let list = window(1000, 4321.0);
        assert_eq!(list.content_px(), 80_000.0);
        assert_eq!(list.place_px(10), 800.0);
    }

    #[test]
    fn a_list_taller_than_any_element_still_reaches_every_row() {
        let total = 2_000_000;
        let end = window(total, MAX_CONTENT_PX - 600.0);
        assert_eq!(end.content_px(), MAX_CONTENT_PX);
        assert_eq!(end.seen().end, total);
        let last = end.place_px(total - 1);
        assert!((last - (MAX_CONTENT_PX - 80.0)).abs() < 1.0, "{last}");
        for row in [0, 1, 777_777, total - 1] {
            let shown = ListWindow { scroll_px: end.reveal_px(row), ..end };
            assert!(shown.seen().contains(&row), "{row} not in {:?}", shown.seen());
        }
    }

    #[test]
    fn revealing_moves_as_little_as_it_can() {
        assert_eq!(window(1000, 800.0).reveal_px(12), 800.0);
        assert_eq!(window(1000, 800.0).reveal_px(5), 400.0);
        assert_eq!(window(1000, 800.0).reveal_px(20), 20.0 * 80.0 + 80.0 - 600.0);
        assert_eq!(window(0, 0.0).reveal_px(3), 0.0);
    }

    #[test]
    fn pages_are_asked_for_once() {
        let mut cache = PageCache::new(4);
        assert_eq!(cache.missing(40..60), vec![0, 50]);
        cache.keep(50, (50..100).collect::<Vec<u32>>());
        assert_eq!(cache.missing(40..60), vec![0]);
        assert_eq!(cache.row(57), Some(&57));
        assert_eq!(cache.row(7), None);
        assert!(cache.missing(5..5).is_empty());
        cache.clear();
        assert_eq!(cache.row(57), None);
    }

    #[test]
    fn the_pages_farthest_from_view_go_first() {
        let mut cache = PageCache::new(3);
        for offset in [0, 50, 100, 150] {
            cache.keep(offset, vec![offset; 50]);
        }
        assert_eq!(cache.row(0), None);
        assert_eq!(cache.row(160), Some(&150));
        cache.keep(0, vec![0; 50]);
        assert_eq!(cache.row(160), None);
    }
}
