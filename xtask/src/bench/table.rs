//! One workload's table in a report.

use super::contestant::{Contestant, Durability, Name};
use super::http::Measurement;
use super::options::{Options, Workload};
use super::statistics::Spread;

/// The table in Markdown.
pub(super) fn table(workload: Workload, options: &Options, contestants: &[Contestant], measurements: &[Measurement]) -> String {
    let mut text = String::from(
        "| connections | who | synchronous | requests/s | of native | p50 ms | p99 ms | CPU us | of native | processors | load | MiB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for &connections in &options.concurrency {
        for contestant in contestants.iter().filter(|contestant| contestant.takes_part(workload)) {
            let of = |name: Name, durability: Durability| {
                let wanted = move |one: &&Measurement| {
                    (one.workload, one.connections, one.contestant, one.durability) == (workload, connections, name, durability)
                };
                measurements.iter().filter(wanted)
            };
            let own: Vec<&Measurement> = of(contestant.name, contestant.durability).collect();
            // Reads wait for no disk: there, native is native.
            let durability = if workload == Workload::Post { contestant.durability } else { Durability::Full };
            let ratio = |number: fn(&Measurement) -> f64| {
                let pairs = own.iter().filter_map(|one| {
                    let native = of(Name::Native, durability).find(|native| native.round == one.round)?;
                    Some(number(one) / number(native))
                });
                Spread::of(pairs.filter(|_| contestant.name != Name::Native))
            };
            let all = |number: fn(&Measurement) -> f64| Spread::of(own.iter().map(|one| number(one)));
            let middle = |number: fn(&Measurement) -> f64, digits: usize| {
                all(number).map_or_else(String::new, |spread| format!("{:.digits$}", spread.median))
            };
            let cells = [
                connections.to_string(),
                contestant.title().to_owned(),
                contestant.durability_word().to_owned(),
                cell(all(|one| one.per_second), thousands),
                cell(ratio(|one| one.per_second), |ratio| format!("{ratio:.2}")),
                middle(|one| one.p50_micros as f64 / 1e3, 2),
                middle(|one| one.p99_micros as f64 / 1e3, 2),
                middle(|one| one.cpu_micros, 0),
                ratio(|one| one.cpu_micros).map_or_else(String::new, |ratio| format!("{:.2}", ratio.median)),
                middle(|one| one.server_cores, 2),
                middle(|one| one.load_cores, 2),
                middle(|one| one.peak_mib, 0),
            ];
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    text
}

/// The median, and in brackets the least and the most.
fn cell(spread: Option<Spread>, write: impl Fn(f64) -> String) -> String {
    spread.map_or_else(String::new, |Spread { median, least, most }| match least < most {
        true => format!("{} ({}–{})", write(median), write(least), write(most)),
        false => write(median),
    })
}

/// A whole number with a comma for every three digits.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn measured(round: u32, contestant: Name, durability: Durability, per_second: f64) -> Measurement {
        Measurement {
            round,
            workload: Workload::Post,
            connections: 32,
            contestant,
            durability,
            answers: 1,
            per_second,
            p50_micros: 1500,
            p99_micros: 9000,
            max_micros: 9000,
            cpu_micros: 41.4,
            server_cores: 1.04,
            load_cores: 0.9,
            peak_mib: 12.2,
        }
    }

    /// The machine was twice as fast in the second round, and nothing else differed: the ratio shows it.
    #[test]
    fn ratios_are_of_one_round_and_of_equal_durability() {
        let options = Options::read(&["--concurrency", "32"]);
        let program = Path::new("native");
        let contestants = [
            Contestant::native(program, Durability::Full),
            Contestant::native(program, Durability::Normal),
            Contestant::standard(program, program),
        ];
        let measurements = [
            measured(1, Name::Native, Durability::Full, 10_000.0),
            measured(1, Name::Native, Durability::Normal, 15_000.0),
            measured(1, Name::Standard, Durability::Full, 8_000.0),
            measured(2, Name::Native, Durability::Full, 20_000.0),
            measured(2, Name::Native, Durability::Normal, 30_000.0),
            measured(2, Name::Standard, Durability::Full, 16_000.0),
        ];
        let table = table(Workload::Post, &options, &contestants, &measurements);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| 32 | native | FULL | 15,000 (10,000–20,000) |  | 1.50 | 9.00 | 41 |  | 1.04 | 0.90 | 12 |",
                "| 32 | native | NORMAL | 22,500 (15,000–30,000) |  | 1.50 | 9.00 | 41 |  | 1.04 | 0.90 | 12 |",
                "| 32 | Tenon, standard | FULL | 12,000 (8,000–16,000) | 0.80 | 1.50 | 9.00 | 41 | 1.00 | 1.04 | 0.90 | 12 |",
            ]
        );
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!([999.6, 1234567.0, 12.0].map(thousands), ["1,000", "1,234,567", "12"]);
    }
}
