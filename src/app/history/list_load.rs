//! Which parts of the list are here, which are on their way, and which are of an older history.
//!
//! When the history changes, the rows that are shown stay until the first new ones come: a list that goes blank
//! at each change can't be read.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::service::{PairPage, PairRow};
use crate::view::list_window::PageCache;

/// Pages kept: 1,000 rows, well beyond what a screen shows.
const PAGES_KEPT: usize = 20;

/// The list as far as it is here.
#[derive(Clone, Debug)]
pub struct ListLoad {
    cache: PageCache<PairRow>,
    /// Rows in all; none before the first answer.
    total: Option<u32>,
    generation: u32,
    stale: bool,
    under_way: BTreeSet<u32>,
}

impl Default for ListLoad {
    fn default() -> Self {
        ListLoad {
            cache: PageCache::new(PAGES_KEPT),
            total: None,
            generation: 0,
            stale: false,
            under_way: BTreeSet::new(),
        }
    }
}

impl ListLoad {
    /// Rows in all; none before the first answer.
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    /// A row, if it is here.
    pub fn row(&self, row: u32) -> Option<&PairRow> {
        self.cache.row(row)
    }

    /// The history changed: what is here is shown on, but asked for again.
    pub fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.stale = true;
        self.under_way.clear();
    }

    /// Another list altogether, another person's or another search's: nothing here belongs to it.
    pub fn replaced(&mut self) {
        let generation = self.generation.wrapping_add(1);
        *self = ListLoad { generation, ..ListLoad::default() };
    }

    /// The pages to ask for so that these rows can be shown; each is asked for once. The first page is asked for
    /// while nothing is known of the list.
    pub fn wanted(&mut self, rows: Range<u32>) -> Vec<(u32, u32)> {
        let rows = if self.total.is_none() { 0..1 } else { rows };
        let missing =
            if self.stale { PageCache::<PairRow>::new(2).missing(rows) } else { self.cache.missing(rows) };
        missing
            .into_iter()
            .filter(|offset| self.under_way.insert(*offset))
            .map(|o| (self.generation, o))
            .collect()
    }

    /// A page came; false when it is of an older history and was let fall.
    pub fn came(&mut self, generation: u32, page: PairPage) -> bool {
        if generation != self.generation {
            return false;
        }
        if std::mem::take(&mut self.stale) {
            self.cache.clear();
        }
        self.under_way.remove(&page.offset);
        self.total = Some(page.total);
        self.cache.keep(page.offset, page.rows);
        true
    }

    /// A part of a page came while its search goes on; the whole of it is still to come.
    pub fn came_in_part(&mut self, generation: u32, page: PairPage) -> bool {
        let offset = page.offset;
        let fresh = self.came(generation, page);
        if fresh {
            self.under_way.insert(offset);
        }
        fresh
    }

    /// A page did not come; it may be asked for again.
    pub fn failed(&mut self, generation: u32, offset: u32) -> bool {
        generation == self.generation && self.under_way.remove(&offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::PairId;

    fn page(offset: u32, total: u32, question: &str) -> PairPage {
        let row = |_| PairRow {
            id: PairId::of(&[], question, ""),
            question: question.into(),
            chosen: String::new(),
            rejected: String::new(),
            at_ms: None,
            origin: None,
        };
        PairPage { total, offset, rows: (0..50.min(total - offset)).map(row).collect() }
    }

    #[test]
    fn each_page_is_asked_for_once() {
        let mut list = ListLoad::default();
        assert_eq!(list.wanted(0..500), [(0, 0)]);
        assert_eq!(list.wanted(0..20), []);
        assert!(list.came(0, page(0, 200, "a")));
        assert_eq!(list.wanted(40..70), [(0, 50)]);
        assert!(list.failed(0, 50));
        assert_eq!(list.wanted(40..70), [(0, 50)]);
    }

    #[test]
    fn rows_stay_until_newer_ones_come() {
        let mut list = ListLoad::default();
        list.wanted(0..1);
        list.came(0, page(0, 60, "old"));
        list.changed();
        assert_eq!(list.row(3).map(|r| r.question.as_str()), Some("old"));
        assert_eq!(list.wanted(0..20), [(1, 0)]);
        assert!(!list.came(0, page(50, 60, "old")));
        assert!(list.came(1, page(0, 61, "new")));
        assert_eq!(list.row(3).map(|r| r.question.as_str()), Some("new"));
        assert_eq!(list.total(), Some(61));
    }

    #[test]
    fn what_a_search_found_so_far_is_shown_and_not_asked_for_again() {
        let mut list = ListLoad::default();
        list.wanted(0..1);
        assert!(list.came_in_part(0, page(0, 7, "a")));
        assert_eq!((list.total(), list.wanted(0..7)), (Some(7), vec![]));
        assert!(list.came(0, page(0, 90, "a")));
        assert_eq!(list.wanted(0..60), [(0, 50)]);
    }

    #[test]
    fn another_list_shows_nothing_of_the_one_before() {
        let mut list = ListLoad::default();
        list.wanted(0..1);
        list.came(0, page(0, 60, "old"));
        list.replaced();
        assert_eq!((list.total(), list.row(0)), (None, None));
        assert!(!list.came(0, page(0, 60, "old")));
    }
}
