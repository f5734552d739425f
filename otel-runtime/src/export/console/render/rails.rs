//! The lines that lead to each span of a tree.

use super::super::tree::Row;

/// Levels drawn before a line; deeper trees lose their leftmost levels, since
/// otherwise a chain of calls would push everything else off the screen.
const LEVELS: usize = 12;

/// The glyphs in front of one span.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rail {
    /// In front of the span itself.
    pub(super) lead: String,
    /// In front of what stands under the span but is none of its children.
    pub(super) under: String,
}

/// The rails of all rows, in their order.
///
/// Walks backwards, because whether a level goes on below a row is decided by
/// the rows after it.
pub(super) fn rails(rows: &[Row]) -> Vec<Rail> {
    // For each level down to the row after: does it have another span below?
    let mut more = Vec::new();
    let mut rails: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| {
            let has_children = more.len() > row.depth + 1;
            more.resize(row.depth + 1, false);
            let rail = Rail::new(&more, has_children);
            more[row.depth] = true;
            rail
        })
        .collect();
    rails.reverse();
    rails
}

impl Rail {
    fn new(more: &[bool], has_children: bool) -> Self {
        let mut rail = Self::default();
        // Roots stand at the left edge, with no level to hang from.
        if let [_, ancestors @ .., followed] = more {
            let hidden = ancestors.len().saturating_sub(LEVELS);
            if hidden > 0 {
                rail.lead.push_str("⋯  ");
            }
            for goes_on in &ancestors[hidden..] {
                rail.lead.push_str(if *goes_on { "│  " } else { "   " });
            }
            rail.under.clone_from(&rail.lead);
            rail.lead.push_str(if *followed { "├─ " } else { "└─ " });
            rail.under.push_str(if *followed { "│  " } else { "   " });
        }
        rail.under.push_str(if has_children { "│ " } else { "  " });
        rail
    }
}
