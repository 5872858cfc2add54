//! `upgrade` and `downgrade` of a file: whether they are there, and can be called from outside of it.

use syn::{FnArg, Item, ItemFn, ReturnType, Type, UseTree, Visibility};

/// Says what to write where the file does not have the function as it must be.
pub(super) fn require(items: &[Item], function: &str) -> Result<(), String> {
    let write = format!("write `pub fn {function}(op: &Operations) -> Result<()>`");
    let glob = || items.iter().any(|item| matches!(item, Item::Use(item) if is_public(&item.vis) && has_glob(&item.tree)));
    match items.iter().find(|item| brings(item, function)) {
        Some(Item::Fn(item)) if !is_public(&item.vis) => Err(format!("its `{function}` is private; {write}")),
        Some(Item::Fn(item)) if !is_step(item) => Err(format!("its `{function}` takes or answers something else; {write}")),
        Some(Item::Use(item)) if !is_public(&item.vis) => Err(format!("keeps `{function}` to itself; write `pub use` where it says `use`")),
        Some(_) => Ok(()),
        None if glob() => Err(format!("does not name `{function}`; write `pub use ..::{function}` instead of `pub use ..::*`")),
        None => Err(format!("has no `{function}`; {write}")),
    }
}

/// Whether the file has the function in any form.
pub(super) fn is_there(items: &[Item], function: &str) -> bool {
    items.iter().any(|item| brings(item, function))
}

/// Whether an item brings a function of that name into the file: its own, or one of another place.
fn brings(item: &Item, function: &str) -> bool {
    match item {
        Item::Fn(item) => item.sig.ident == function,
        Item::Use(item) => names(&item.tree, function),
        _ => false,
    }
}

/// `pub` in any of its forms reaches the module beside, which is where the list of revisions is.
fn is_public(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

/// Whether it looks like `fn(op: &Operations) -> Result<()>`; what the types really are is the compiler's business.
fn is_step(item: &ItemFn) -> bool {
    let signature = &item.sig;
    let one = match signature.inputs.first() {
        Some(FnArg::Typed(argument)) => matches!(&*argument.ty, Type::Reference(reference) if reference.mutability.is_none()),
        _ => false,
    };
    let answers = matches!(signature.output, ReturnType::Type(..));
    one && signature.inputs.len() == 1 && answers && signature.asyncness.is_none() && signature.generics.type_params().next().is_none()
}

fn names(tree: &UseTree, function: &str) -> bool {
    match tree {
        UseTree::Path(path) => names(&path.tree, function),
        UseTree::Name(name) => name.ident == function,
        UseTree::Rename(rename) => rename.rename == function,
        UseTree::Group(group) => group.items.iter().any(|tree| names(tree, function)),
        UseTree::Glob(_) => false,
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Glob(_) => true,
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(text: &str) -> String {
        require(&syn::parse_file(text).unwrap().items, "upgrade").err().unwrap_or_default()
    }

    #[test]
    fn a_step_is_a_public_function_of_the_file_or_of_another_place() {
        for good in [
            "pub fn upgrade(op: &Operations) -> Result<()> { Ok(()) }",
            "pub(crate) fn upgrade(_: &tenon_sdk::Operations) -> tenon_sdk::Result<()> { Ok(()) }",
            "pub use crate::steps::upgrade;",
            "pub use crate::steps::{downgrade, make as upgrade};",
        ] {
            assert_eq!(required(good), "", "{good}");
        }
    }

    #[test]
    fn a_function_that_could_not_be_called_is_refused_where_it_stands() {
        for (bad, part) in [
            ("fn upgrade(op: &Operations) -> Result<()> { Ok(()) }", "its `upgrade` is private; write `pub fn upgrade("),
            ("pub fn upgrade() -> Result<()> { Ok(()) }", "takes or answers something else"),
            ("pub fn upgrade(op: Operations) -> Result<()> { Ok(()) }", "takes or answers something else"),
            ("pub fn upgrade(op: &Operations, n: i64) -> Result<()> { Ok(()) }", "takes or answers something else"),
            ("pub fn upgrade(op: &Operations) {}", "takes or answers something else"),
            ("pub async fn upgrade(op: &Operations) -> Result<()> { Ok(()) }", "takes or answers something else"),
            ("use crate::steps::upgrade;", "write `pub use`"),
            ("pub use crate::steps::*;", "write `pub use ..::upgrade` instead of `pub use ..::*`"),
            ("use crate::steps::*;", "has no `upgrade`"),
        ] {
            assert!(required(bad).contains(part), "{bad}: {}", required(bad));
        }
    }
}
