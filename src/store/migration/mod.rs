//! From an older version of the database to this one, a step at a time.
//!
//! Each step has the old rows' shape frozen in its own file and turns one row at a time; the walk over the
//! database is in `browser/schema.rs`. All steps of an upgrade run in one transaction of the browser's, so a
//! tab that is killed halfway leaves the older version whole.

pub mod v1_to_v2;
