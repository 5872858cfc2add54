//! `migrations!()`: from a folder of files to the list of revisions, with all that can be wrong found while compiling.

mod file_name;
mod folder;
mod history;
mod said;

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result};

use folder::File;
pub(crate) use said::Said;

/// What `migrations!` is told: nothing, or a folder relative to the calling file.
pub(crate) struct Folder(Option<LitStr>);

impl Parse for Folder {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self(if input.is_empty() { None } else { Some(input.parse()?) }))
    }
}

const BUILD_SCRIPT: &str = "cargo would not notice a new revision file: beside Cargo.toml, write a build.rs with\n\n    \
                            fn main() { println!(\"cargo::rerun-if-changed=migrations\"); }\n";

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
        (None, _) => package_folder(place)?,
    };
    let files = folder::read(&path).and_then(|files| history::check(&files).map(|()| files));
    let files = files.map_err(|mistakes| Error::new(place, mistakes.join("\n")))?;

    let names: Vec<_> = files.iter().map(|file| format_ident!("revision_{}", file.name.id)).collect();
    let paths = files.iter().map(|file| module_path(&file.path, beside));
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

/// `migrations/` beside `Cargo.toml`, of a crate that has a build script.
fn package_folder(place: Span) -> Result<PathBuf> {
    if std::env::var_os("OUT_DIR").is_none() {
        return Err(Error::new(place, BUILD_SCRIPT));
    }
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(package) => Ok(Path::new(&package).join("migrations")),
        None => Err(Error::new(place, "build this crate with cargo: only cargo says where its migrations are")),
    }
}

/// The path to a file from the folder of the calling one, so that no path of this machine gets into the component; absolute where
/// there is none.
fn module_path(file: &Path, beside: Option<&Path>) -> String {
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
    let (id, message) = (&file.name.id, file.message());
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
    fn a_module_is_named_from_the_calling_file() {
        let beside = Path::new("/p/shop/src");
        assert_eq!(module_path(Path::new("/p/shop/migrations/x.rs"), Some(beside)), "../migrations/x.rs");
        assert_eq!(module_path(Path::new("/p/shop/src/x.rs"), Some(beside)), "x.rs");
        assert_eq!(module_path(Path::new("/p/x.rs"), None), "/p/x.rs");
    }
}
