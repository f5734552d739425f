//! How the output looks: colour and width.

/// The look of a console's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether ANSI colours are written.
    pub(crate) color: bool,
    /// The columns that names and bars share out among themselves. Attributes
    /// may go past them: a line is never broken.
    pub(crate) width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// What a piece of text is painted with.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    Bold,
    Cyan,
    Dim,
    Red,
    Yellow,
}

impl Paint {
    /// The parameter of the "select graphic rendition" sequence.
    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
            Self::Yellow => 33,
            Self::Cyan => 36,
        }
    }
}

impl Style {
    /// `text` in the given paint, or unchanged without colour.
    pub(super) fn paint(self, paint: Paint, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", paint.code()) } else { text.to_owned() }
    }
}
