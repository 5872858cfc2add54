//! Proofs that were made before: sealed in the cache, under a key of all that they depend on.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Proof;
use crate::model::{ContentHash, Node, Object, Operation, PluginName, RevisionId};
use crate::runtime::Runtime;
use crate::service::load::{Plugin, PluginSet};
use crate::service::owner_changes::OwnerChanges;
use crate::service::replay::Replayed;

/// Changes with what is kept.
const FORM: u32 = 3;

#[derive(Serialize, Deserialize)]
struct KeptRevision {
    id: RevisionId,
    operations: Vec<Operation>,
    gone: Vec<Object>,
    new: Vec<Object>,
}

/// The proof that was made under that key, by this very program with the same files.
pub(super) fn read(runtime: &Runtime, key: ContentHash) -> Option<Proof> {
    Some(Proof::from_kept(key, runtime.kept(key)?))
}

/// What each revision did, out of what [`write()`] wrote; nothing out of anything else, which only another program can have sealed.
pub(super) fn revisions(kept: &[u8]) -> HashMap<RevisionId, Replayed> {
    let revision = |KeptRevision { id, operations, gone, new }: KeptRevision| {
        (id, Replayed { operations, written: Vec::new(), passed_over: Vec::new(), owners: OwnerChanges { gone, new } })
    };
    let kept =
        serde_json::from_slice::<Vec<KeptRevision>>(kept).inspect_err(|error| tracing::warn!("a kept proof cannot be read: {error}"));
    kept.unwrap_or_default().into_iter().map(revision).collect()
}

/// Keeps a proof for next time, where there is a cache.
pub(super) fn write(runtime: &Runtime, plugin: &PluginName, key: ContentHash, proof: &Proof) {
    match to_bytes(proof) {
        Ok(bytes) => runtime.keep(key, &bytes),
        Err(error) => tracing::debug!(%plugin, "its proof cannot be kept: {error}"),
    }
}

fn to_bytes(proof: &Proof) -> serde_json::Result<Vec<u8>> {
    let revision = |(id, replayed): (&RevisionId, &Replayed)| {
        let Replayed { operations, owners: OwnerChanges { gone, new }, .. } = replayed.clone();
        KeptRevision { id: id.clone(), operations, gone, new }
    };
    serde_json::to_vec(&proof.revisions().iter().map(revision).collect::<Vec<_>>())
}

/// The hash of everything that a proof depends on: this program, the plugin's file and those of all that it requires, and the order in which
/// their revisions ran. None where this program cannot be told from others.
pub(super) fn key(set: &PluginSet, plugin: &Plugin, history: &[Node]) -> Option<ContentHash> {
    let mut closure: BTreeSet<&PluginName> = BTreeSet::new();
    let mut open = vec![&plugin.manifest.name];
    while let Some(name) = open.pop() {
        if closure.insert(name) {
            open.extend(set.plugins.get(name)?.manifest.requires.iter().map(|requirement| &requirement.plugin));
        }
    }
    let mut text = format!("proof {FORM} of {} by {} {}\n", plugin.manifest.name, env!("CARGO_PKG_VERSION"), program()?);
    for name in closure {
        writeln!(text, "{name} {}", set.plugins.get(name)?.hash()).ok()?;
    }
    for node in history {
        writeln!(text, "{node}").ok()?;
    }
    Some(ContentHash::of(text.as_bytes()))
}

/// What tells one build of this program from another: its length, and when it was written.
fn program() -> Option<&'static str> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let metadata = std::env::current_exe().and_then(std::fs::metadata).ok()?;
        let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", metadata.len(), written.as_nanos()))
    };
    PROGRAM.get_or_init(ask).as_deref()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::migrate::samples::every_operation;
    use crate::model::{ObjectKind, Value};

    fn proof(operations: Vec<Operation>, owners: OwnerChanges) -> Proof {
        let replayed = |operations: &[Operation]| Replayed {
            operations: operations.to_vec(),
            written: Vec::new(),
            passed_over: Vec::new(),
            owners: owners.clone(),
        };
        let half = operations.len() / 2;
        let revisions = [("a1", replayed(&operations[..half])), ("a2", replayed(&operations[half..])), ("a3", replayed(&[]))];
        Proof::of(revisions.map(|(id, replayed)| (id.parse().unwrap(), replayed)).into())
    }

    fn kept(proof: &Proof) -> HashMap<RevisionId, Replayed> {
        let kept = revisions(&to_bytes(proof).unwrap());
        for (id, replayed) in proof.revisions() {
            assert_eq!(kept[id].digest(), replayed.digest(), "a ledger holds the digest of what is kept against it");
        }
        kept
    }

    #[test]
    fn every_operation_and_owner_comes_back_as_it_was_kept() {
        let kinds = [ObjectKind::Table, ObjectKind::Index, ObjectKind::View, ObjectKind::Trigger];
        let object = |kind, owner: Option<&str>| Object {
            kind,
            name: "Größe \u{1f511} 1".parse().unwrap(),
            table: "t".parse().unwrap(),
            owner: owner.map(|owner| owner.parse().unwrap()),
        };
        let new = kinds.iter().map(|kind| object(*kind, Some("shop"))).collect();
        let proof = proof(every_operation(), OwnerChanges { gone: kinds.iter().map(|kind| object(*kind, None)).collect(), new });
        assert_eq!(&kept(&proof), proof.revisions());
        assert!(kept(&Proof::of(HashMap::new())).is_empty());
    }

    #[test]
    fn every_value_comes_back_bit_by_bit() {
        let value = prop_oneof![
            any::<u64>().prop_map(|bits| Value::Real(f64::from_bits(bits))),
            any::<i64>().prop_map(Value::Integer),
            any::<String>().prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Bytes),
            any::<bool>().prop_map(Value::Boolean),
            Just(Value::Null),
        ];
        proptest!(|(sql in any::<String>(), params in prop::collection::vec(value, 0..20))| {
            let operation = Operation::Execute { sql, params: params.clone() };
            let kept = kept(&proof(vec![operation.clone()], OwnerChanges::default()));
            let Some(Operation::Execute { params: found, .. }) = kept.values().find_map(|replayed| replayed.operations.first()) else {
                panic!("the operation is there")
            };
            for (before, after) in params.iter().zip(found) {
                match (before, after) {
                    // Any NaN is one to SQLite, which stores NULL.
                    (Value::Real(before), Value::Real(after)) => prop_assert!(before.to_bits() == after.to_bits() || before.is_nan() && after.is_nan()),
                    (before, after) => prop_assert_eq!(before, after),
                }
            }
        });
    }

    #[test]
    fn what_is_no_proof_of_this_form_is_none() {
        let bytes = to_bytes(&proof(every_operation(), OwnerChanges::default())).unwrap();
        assert!((0..bytes.len()).step_by(97).all(|length| revisions(&bytes[..length]).is_empty()));
        for other in ["", "null", "[]", "{}", r#"[{"id":"a"}]"#] {
            assert!(revisions(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
