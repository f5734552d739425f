//! The time axis that all bars of a tree share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::text::elapsed;
use super::super::tree::Row;

/// From the first start to the last end of a tree.
pub(super) struct Axis {
    start: SystemTime,
    end: SystemTime,
}

impl Axis {
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Self {
        let starts = rows.clone().map(|row| row.data.start_time);
        let ends = rows.filter(|row| !row.running).map(|row| row.data.end_time);
        Self {
            start: starts.clone().min().unwrap_or(UNIX_EPOCH),
            // A span may end before it starts, if the clock was set back.
            end: starts.chain(ends).max().unwrap_or(UNIX_EPOCH),
        }
    }

    pub(super) fn length(&self) -> String {
        elapsed(self.start, self.end)
    }

    /// The column that `time` falls in, of `width`, rounded up if `ceil`.
    fn column(&self, time: SystemTime, width: usize, ceil: bool) -> usize {
        let nanos = |to: SystemTime| to.duration_since(self.start).unwrap_or(Duration::ZERO).as_nanos();
        let (length, width) = (nanos(self.end).max(1), width as u128);
        let scaled = nanos(time).min(length) * width;
        let column = if ceil { scaled.div_ceil(length) } else { scaled / length };
        usize::try_from(column).unwrap_or(usize::MAX)
    }

    /// A span's bar in `width` columns, with blanks in front and none behind.
    pub(super) fn bar(&self, row: &Row, width: usize) -> Bar {
        let start = row.data.start_time;
        let end = if row.running { self.end } else { row.data.end_time };
        let first = self.column(start, width, false).min(width.saturating_sub(1));
        let last = self.column(end, width, true).max(first + 1);
        let glyph = match (row.running, end > start) {
            (true, _) => "░",
            (false, true) => "█",
            // It took no time at all, and has its place all the same.
            (false, false) => "▏",
        };
        Bar { blanks: first, glyphs: glyph.repeat(last - first), columns: last }
    }
}

/// A bar ready to be painted.
pub(super) struct Bar {
    pub(super) blanks: usize,
    pub(super) glyphs: String,
    /// The columns of blanks and glyphs together.
    pub(super) columns: usize,
}
