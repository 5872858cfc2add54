//! `tenon adopt`.

use super::Outcome;
use super::output::Output;
use crate::service::adopt;
use crate::service::host::Host;

/// Takes over a database of Alembic's.
pub(super) fn from_alembic(host: &Host, output: Output) -> anyhow::Result<Outcome> {
    let adopted = adopt::from_alembic(host)?;
    output.note(&format!("alembic_version: {}.", adopted.versions.join(", ")));
    for node in &adopted.matched {
        let what =
            if adopted.mismatched.is_empty() { "the tables are those of it, and it is recorded" } else { "the tables are those of it" };
        output.note(&format!("{node}: {what}."));
    }
    let owned: Vec<String> = adopted.stamped.iter().flat_map(|stamped| stamped.owned.clone()).collect();
    if !owned.is_empty() {
        output.note(&format!("Taken over: {}.", owned.join(", ")));
    }
    let differs = |mismatch: &adopt::Mismatch| {
        let lines: String = mismatch.differences.iter().map(|difference| format!("{difference}\n")).collect();
        format!("{} does not leave what is there (`-` it leaves, `+` is there):\n{lines}", mismatch.revision)
    };
    let printed = output.result(&adopted, &adopted.mismatched.iter().map(differs).collect::<String>());
    adopted.refused.iter().for_each(|refusal| output.warning(&refusal.to_string()));
    printed?;
    if !adopted.mismatched.is_empty() {
        output.error("nothing is recorded: change the tables or the plugin, or record it as it is with `tenon stamp`");
    }
    Ok(if adopted.is_complete() { Outcome::Done } else { Outcome::Incomplete })
}
