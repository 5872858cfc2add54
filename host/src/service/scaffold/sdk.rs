//! The SDK inside the binary, written out beside a new plugin.

use std::path::Path;

use include_dir::{Dir, include_dir};

use super::{ScaffoldError, write_file};

static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../guest-sdk");
static WIT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../wit");
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// Writes the SDK's sources, the contract, and a workspace that has what their manifests inherit.
pub(super) fn write(root: &Path) -> Result<(), ScaffoldError> {
    write_tree(&SDK, &root.join("guest-sdk"))?;
    write_tree(&WIT, &root.join("wit"))?;
    write_file(&root.join("Cargo.toml"), workspace().as_bytes())
}

fn write_tree(tree: &Dir<'_>, root: &Path) -> Result<(), ScaffoldError> {
    for file in tree.files() {
        write_file(&root.join(file.path()), file.contents())?;
    }
    // The SDK's own tests are of no use to an author.
    tree.dirs().filter(|folder| !folder.path().ends_with("tests")).try_for_each(|folder| write_tree(folder, root))
}

/// The repository's own workspace, less its members.
fn workspace() -> String {
    let mut manifest: toml::Table = WORKSPACE.parse().expect("the manifest that this program was built from is TOML");
    manifest.remove("profile");
    if let Some(toml::Value::Table(workspace)) = manifest.get_mut("workspace") {
        let members = ["guest-sdk", "guest-sdk/macros"].map(|member| toml::Value::String(member.to_owned()));
        workspace.insert("members".to_owned(), toml::Value::Array(members.into()));
        workspace.remove("exclude");
    }
    format!("# Written by `tenon new`: the SDK of the same version as the program.\n{manifest}")
}

/// A checkout's absolute path, as TOML can hold it.
pub(super) fn require_checkout(path: &Path) -> Result<String, ScaffoldError> {
    let none = || ScaffoldError::NoSdk(path.to_owned());
    let manifest = std::fs::read_to_string(path.join("Cargo.toml")).map_err(|_| none())?;
    let is_sdk = manifest.parse::<toml::Table>().is_ok_and(|manifest| {
        manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str) == Some("tenon-sdk")
    });
    let absolute = std::path::absolute(path).ok().and_then(|path| path.into_os_string().into_string().ok());
    absolute.filter(|path| is_sdk && !path.contains(['"', '\\', '\n'])).ok_or_else(none)
}
