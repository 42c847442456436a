//! Medians and percentiles of what was perhaps not measured, and figures for people.

use dormouse_bench::measure;

/// The figure in the middle; of none, none.
pub(crate) fn median(figures: &[f64]) -> Option<f64> {
    per_mille(figures, 500)
}

/// The figure that so many of a thousand do not exceed; of none, none.
pub(crate) fn per_mille(figures: &[f64], of_thousand: usize) -> Option<f64> {
    (!figures.is_empty()).then(|| measure::per_mille(figures, of_thousand))
}

pub(crate) fn micros(nanoseconds: &[u64]) -> Vec<f64> {
    nanoseconds.iter().map(|ns| *ns as f64 / 1e3).collect()
}

/// For people: three digits that say something.
pub(crate) fn shown(figure: f64) -> String {
    let size = figure.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if size >= 1000.0 {
        thousands(figure)
    } else if size >= 100.0 {
        format!("{figure:.0}")
    } else if size >= 10.0 {
        format!("{figure:.1}")
    } else if size >= 0.01 {
        format!("{figure:.2}")
    } else {
        format!("{figure:.4}")
    }
}

fn thousands(figure: f64) -> String {
    let digits = format!("{:.0}", figure.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if figure < 0.0 { format!("-{text}") } else { text }
}
