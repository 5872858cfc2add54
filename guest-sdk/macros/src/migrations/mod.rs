//! `migrations!()`: from a folder of files to the list of revisions, with all that can be wrong found while compiling.

mod file;
mod file_name;
mod folder;
mod history;
mod said;
mod step;

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result};

use file::File;
pub(crate) use said::Said;

/// What `migrations!` is told: nothing, or a folder relative to the calling file.
pub(crate) struct Folder(Option<LitStr>);

impl Parse for Folder {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self(if input.is_empty() { None } else { Some(input.parse()?) }))
    }
}

/// The expression that is the list of revisions. `caller` is the file that the macro stands in.
pub(crate) fn expand(folder: Folder, caller: Option<PathBuf>) -> Result<TokenStream> {
    let place = folder.0.as_ref().map_or_else(Span::call_site, LitStr::span);
    let caller = caller.and_then(|file| file.canonicalize().ok());
    let beside = caller.as_deref().and_then(Path::parent);
    let path = match (&folder.0, beside) {
        (Some(given), Some(beside)) => beside.join(given.value()),
        (Some(_), None) => {
            return Err(Error::new(place, "the compiler does not say which file this is: write migrations!() without a folder"));
        }
        (None, _) => package(place)?.join("migrations"),
    };
    let shown = folder.0.as_ref().map_or_else(|| "migrations".to_owned(), LitStr::value);
    let read = folder::read(&path, &shown).and_then(|files| history::check(&files).map(|()| files));
    let script = require_build_script(&path, &package(place)?);
    let files = match (read, script) {
        (Ok(files), Ok(())) => files,
        (read, script) => {
            let mistakes: Vec<String> = read.err().into_iter().flatten().chain(script.err()).collect();
            return Err(Error::new(place, mistakes.join("\n")));
        }
    };

    let names: Vec<_> = files.iter().map(|file| format_ident!("revision_{}", file.name.id)).collect();
    let paths = files.iter().map(|file| path_from(&file.path, beside));
    let migrations = files.iter().zip(&names).map(|(file, name)| migration(file, name));
    Ok(quote! {{
        #(
            #[path = #paths]
            #[allow(unreachable_pub, reason = "the steps of a revision are `pub`, for whoever reads its file")]
            mod #names;
        )*
        const MIGRATIONS: ::tenon_sdk::Migrations = &[#(#migrations),*];
        MIGRATIONS
    }})
}

/// The folder that `Cargo.toml` is in.
fn package(place: Span) -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package.ok_or_else(|| Error::new(place, "build this crate with cargo: only cargo says where its migrations are"))
}

/// Cargo looks into folders only where a build script says so; without one it would go on with the list of yesterday. Whether the script
/// names this folder is not looked into: one that names nothing watches the whole package.
fn require_build_script(folder: &Path, package: &Path) -> std::result::Result<(), String> {
    if std::env::var_os("OUT_DIR").is_some() {
        return Ok(());
    }
    let folder = path_from(folder, package.canonicalize().ok().as_deref());
    Err(format!(
        "cargo would not notice a new revision file: beside Cargo.toml, write a build.rs with\n\n    \
         fn main() {{ println!(\"cargo::rerun-if-changed={folder}\"); }}\n"
    ))
}

/// The path to a file or folder from a folder, absolute where there is none. So no path of this machine gets into the component.
fn path_from(file: &Path, beside: Option<&Path>) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let Some(beside) = beside else { return file.display().to_string() };
    let shared = beside.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return file.display().to_string();
    }
    let up = beside.components().skip(shared).map(|_| "..".to_owned());
    let down = file.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn migration(file: &File, module: &proc_macro2::Ident) -> TokenStream {
    let Said { down, depends_on, labels, run_before, .. } = &file.said;
    let (id, message) = (&file.name.id, &file.message);
    let created = file.said.created.as_ref().map_or_else(|| file.name.created.clone(), LitStr::value);
    let back = match &file.said.irreversible {
        Some(why) => quote!(::tenon_sdk::Downgrade::Irreversible(#why)),
        None => quote!(::tenon_sdk::Downgrade::By(#module::downgrade)),
    };
    let lists = [("down", down), ("depends_on", depends_on), ("labels", labels), ("run_before", run_before)];
    let lists = lists.iter().filter(|(_, texts)| !texts.is_empty()).map(|(method, texts)| {
        let method = format_ident!("{method}");
        quote!(.#method(&[#(#texts),*]))
    });
    quote!(::tenon_sdk::Migration::new(#id, #created, #message, #module::upgrade, #back) #(#lists)*)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_given_needs_a_build_script_as_well() {
        let package = tempfile::tempdir().unwrap();
        for folder in ["src", "db"] {
            std::fs::create_dir(package.path().join(folder)).unwrap();
        }
        let caller = package.path().join("src/lib.rs");
        std::fs::write(&caller, "").unwrap();
        let text = "//! X.\nrevision! { down = [] }\npub use crate::steps::{upgrade, downgrade};";
        std::fs::write(package.path().join("db/20251024_1500_a1_x.rs"), text).unwrap();
        // Cargo gives the tests of a crate without a build script no OUT_DIR either.
        let given = Folder(Some(LitStr::new("../db", Span::call_site())));
        let mistake = expand(given, Some(caller)).unwrap_err().to_string();
        assert!(mistake.contains("would not notice") && mistake.contains("/db\");"), "{mistake}");
        let advice = require_build_script(&package.path().join("src/../db"), package.path()).unwrap_err();
        assert!(advice.contains("\"cargo::rerun-if-changed=db\""), "{advice}");
    }

    #[test]
    fn a_module_is_named_from_the_calling_file() {
        let beside = Path::new("/p/shop/src");
        assert_eq!(path_from(Path::new("/p/shop/migrations/x.rs"), Some(beside)), "../migrations/x.rs");
        assert_eq!(path_from(Path::new("/p/shop/src/x.rs"), Some(beside)), "x.rs");
        assert_eq!(path_from(Path::new("/p/x.rs"), None), "/p/x.rs");
    }
}
