//! `tenon adopt`.

use super::Outcome;
use super::output::Output;
use crate::model::Node;
use crate::model::text::plain;
use crate::service::adopt::{self, Adopted, Match, Mismatch};
use crate::service::host::Host;

/// Takes over a database of Alembic's.
pub(super) fn from_alembic(host: &Host, output: Output) -> anyhow::Result<Outcome> {
    let adopted = adopt::from_alembic(host)?;
    let Adopted { versions, unknown, matched, absent, mismatched, owned, refused } = &adopted;
    output.note(&format!("alembic_version says {}.", listed(versions)));
    if !unknown.is_empty() {
        output.warning(&format!("no plugin has a revision {}: the tables decide", listed(unknown)));
    }
    matched.iter().for_each(|found| say_of_match(found, output));
    absent.iter().for_each(|plugin| output.note(&format!("{plugin}: nothing of it is there, it stays pending.")));
    if adopted.is_complete() {
        output.note(&format!("Taken over: {}.", owned.join(", ")));
        output.note("The table alembic_version stays as it is; Alembic must not work on this database any more.");
    }
    let printed = output.result(&adopted, &mismatched.iter().map(shown).collect::<String>());
    refused.iter().for_each(|refusal| output.warning(&refusal.to_string()));
    printed?;
    if mismatched.iter().any(Mismatch::lacks_a_table) {
        output.error("nothing is recorded: look whether --database names the right one, or make what is not there");
    } else if !mismatched.is_empty() {
        output.error("nothing is recorded: change the tables or the plugin, or record it as it is with `tenon stamp`");
    } else if !refused.is_empty() {
        output.error("nothing is recorded while a file is refused: mend it, or take it out of the plugins folder");
    }
    Ok(if adopted.is_complete() { Outcome::Done } else { Outcome::Incomplete })
}

fn say_of_match(found: &Match, output: Output) {
    let named = if found.named { "the version names it, and " } else { "" };
    output.note(&format!("{} is there: {named}the tables are what it leaves.", all(&found.revisions)));
    if let Some(last) = found.same.last() {
        let same = all(&found.same);
        output.warning(&format!("{same} leaves the same and stays pending; if what it does is done, record it: `tenon stamp {last}`"));
    }
}

fn shown(mismatch: &Mismatch) -> String {
    let Mismatch { revisions, named, absent, differences, instead } = mismatch;
    let which = if *named { "which the version names" } else { "the nearest" };
    let mut text = format!("{}, {which}, does not leave what is there", all(revisions));
    text.push_str(if differences.is_empty() { ":\n" } else { " (`-` it leaves, `+` is there):\n" });
    if !absent.is_empty() {
        text.push_str(&format!("not there: {}\n", absent.iter().map(|object| plain(object)).collect::<Vec<_>>().join(", ")));
    }
    differences.iter().for_each(|difference| text.push_str(&format!("{difference}\n")));
    if !instead.is_empty() {
        text.push_str(&format!("What is there is what {} leaves.\n", all(instead)));
    }
    text
}

fn all(nodes: &[Node]) -> String {
    nodes.iter().map(Node::to_string).collect::<Vec<_>>().join(" with ")
}

/// What somebody else wrote, without what a terminal would obey.
fn listed<'a>(versions: impl IntoIterator<Item = &'a String>) -> String {
    versions.into_iter().map(|version| plain(version)).collect::<Vec<_>>().join(", ")
}
