//! The only thing an operator runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    tenon::cli::main()
}
