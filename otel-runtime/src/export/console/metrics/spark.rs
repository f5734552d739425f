//! Sparklines: the shape of a distribution in a few characters.

/// The characters a line has at most.
const CELLS: usize = 16;
const GLYPHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The buckets from the first to the last with counts, or nothing if there is
/// but one, which has no shape.
pub(super) fn line(buckets: &[u64]) -> String {
    let first = buckets.iter().position(|count| *count > 0);
    let last = buckets.iter().rposition(|count| *count > 0);
    let (Some(first), Some(last)) = (first, last) else {
        return String::new();
    };
    if first == last {
        return String::new();
    }
    let buckets = &buckets[first..=last];
    let per_cell = buckets.len().div_ceil(CELLS);
    let cells: Vec<u128> = buckets.chunks(per_cell).map(|chunk| chunk.iter().copied().map(u128::from).sum()).collect();
    let highest = cells.iter().copied().max().unwrap_or(0);
    cells.iter().map(|count| glyph(*count, highest)).collect()
}

/// The glyph as high as `count` is beside `highest`; no count at all is told
/// from a small one.
fn glyph(count: u128, highest: u128) -> char {
    let height = (count * GLYPHS.len() as u128).div_ceil(highest.max(1));
    let index = usize::try_from(height).ok().and_then(|h| h.checked_sub(1));
    let glyph = index.and_then(|index| GLYPHS.get(index));
    glyph.copied().unwrap_or('·')
}
