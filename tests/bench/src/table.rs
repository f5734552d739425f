//! The one table.

use std::fmt;

/// A line of it; what was not measured is empty.
#[derive(Debug, Default)]
pub struct Row {
    pub row: &'static str,
    pub peer: String,
    /// Nanoseconds that a call, or each span of it, adds for the caller.
    pub caller: Option<f64>,
    /// How much longer the call takes than the function alone.
    pub ratio: Option<f64>,
    pub instructions: Option<f64>,
    /// Nanoseconds of the process for a span that was exported.
    pub process: Option<f64>,
    pub process_instructions: Option<f64>,
    pub exported: Option<f64>,
    pub note: String,
}

#[derive(Debug, Default)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| row | peer | ns added | × plain | instructions | process: ns per exported span | instructions | exported | |")?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|---|")?;
        let mut rows: Vec<&Row> = self.0.iter().collect();
        // The rows stay in the order in which they came first.
        rows.sort_by_key(|row| self.0.iter().position(|first| first.row == row.row));
        for Row { row, peer, caller, ratio, instructions, process, process_instructions, exported, note } in rows {
            let nanoseconds =
                |value: &Option<f64>| cell(*value, |value| if value < 20.0 { format!("{value:.1}") } else { format!("{value:.0}") });
            let whole = |value: &Option<f64>| cell(*value, |value| format!("{value:.0}"));
            write!(f, "| {row} | {peer} | {} ", nanoseconds(caller))?;
            write!(f, "| {} | {} ", cell(*ratio, |ratio| format!("{ratio:.2}")), whole(instructions))?;
            write!(f, "| {} | {} ", nanoseconds(process), whole(process_instructions))?;
            writeln!(f, "| {} | {note} |", cell(*exported, |exported| format!("{:.1} %", exported * 100.0)))?;
        }
        Ok(())
    }
}

fn cell(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map(text).unwrap_or_default()
}
