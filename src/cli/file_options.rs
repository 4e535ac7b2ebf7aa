use crate::formats::{Options, TableLayout};

/// What is said of a file that leaves it open.
#[derive(clap::Args, Debug, Clone, Default)]
pub(super) struct FileOptions {
    /// Samples per second, for a table or an array that does not state them.
    #[arg(long, value_name = "HZ")]
    rate: Option<f64>,
    /// Unit of the values (uV, mV, V), for a table or an array that does not state it.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Which record of a file that holds many, counted from one.
    #[arg(long, value_name = "N")]
    record: Option<usize>,
    /// Names of the columns of a table, with commas between; an empty one is left out.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
}

impl FileOptions {
    pub(super) fn options(&self) -> Options {
        Options {
            sampling_rate_hz: self.rate,
            unit: self.unit.clone(),
            record: self.record,
            table: TableLayout {
                columns: self.columns.clone(),
                ..TableLayout::default()
            },
            show_unstated: false,
        }
    }
}
