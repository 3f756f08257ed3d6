//! Progress of long commands: a bar on a terminal, nothing in a log.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `total` steps named `unit`, with the time that is left.
pub fn bar(total: u64, unit: &'static str) -> ProgressBar {
    let template = format!("{{bar:40}} {{pos}}/{{len}} {unit}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
