//! From the contract's exports to a [`Plugin`]: what [`plugin!`](crate::plugin) writes into a plugin's crate calls this.
//!
//! Not for authors; the names here may change with any version.

use std::marker::PhantomData;
use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::bindings::exports::tenon::plugin::{handlers, migrations as contract, plugin};
use crate::bindings::tenon::plugin::declare;
use crate::bindings::tenon::plugin::types::{self, Request, Response};
use crate::error::Problem;
use crate::plugin::{Manifest, Plugin};
use crate::value::attribute;
use crate::{log, migrations};

/// Who a plugin is; taken from its `Cargo.toml` where `plugin!` is told nothing else. An empty text is not told to the host.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// `[a-z][a-z0-9-]*`.
    pub name: &'static str,
    /// Semver.
    pub version: &'static str,
    /// One line for a person.
    pub description: &'static str,
    /// Where to read more.
    pub homepage: &'static str,
    /// SPDX expression.
    pub license: &'static str,
}

/// A plugin that knows who it is.
pub trait Identified: Plugin {
    /// Who it is.
    const IDENTITY: Identity;
}

/// Natively there is nothing to export; this keeps the compiler looking at the plugin all the same.
pub const fn require_plugin<P: Identified>() {}

/// The contract's exports, carried out by a plugin.
#[derive(Debug)]
pub struct Exports<P>(PhantomData<P>);

impl<P: Identified> plugin::Guest for Exports<P> {
    fn describe() {
        report_panics();
        let Identity { name, version, description, homepage, license } = P::IDENTITY;
        let told = [("description", description), ("homepage", homepage), ("license", license)];
        let attributes: Vec<_> = told.iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| attribute(key, *text)).collect();
        declare::plugin(name, version, &attributes);
        let manifest = Manifest(());
        P::describe(&manifest);
        P::MIGRATIONS.iter().for_each(|migration| manifest.revision(migration));
    }
}

impl<P: Identified> contract::Guest for Exports<P> {
    fn upgrade(revision: String) -> Result<(), types::Problem> {
        report_panics();
        Ok(migrations::upgrade(P::MIGRATIONS, &revision)?)
    }

    fn downgrade(revision: String) -> Result<(), types::Problem> {
        report_panics();
        Ok(migrations::downgrade(P::MIGRATIONS, &revision)?)
    }
}

impl<P: Identified> handlers::Guest for Exports<P> {
    fn handle(operation: String, _request: &Request) -> Result<Response, types::Problem> {
        report_panics();
        let problem = Problem::new(501, "not-yet-supported", format!("{operation}: this version of tenon-sdk cannot handle requests yet"));
        Err(problem.into())
    }
}

/// A panic ends in a bare `unreachable` that tells the host nothing; this says before what it was.
fn report_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(report)));
}

fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("with something that is no text");
    let place = panic.location().map(|location| location.to_string()).unwrap_or_default();
    log::write("error", &format!("panicked: {message}"), &[("at", place.into())]);
}

/// Exports a plugin: `tenon_sdk::plugin!(Shop);`, once per crate.
///
/// Name, version, description, homepage and license are those of the crate's `Cargo.toml`. Each can be given instead:
/// `tenon_sdk::plugin!(Shop, name = "shop", version = "1.2.0");`
#[macro_export]
macro_rules! plugin {
    ($plugin:ty $(, $key:ident = $value:expr)* $(,)?) => {
        impl $crate::export::Identified for $plugin {
            #[allow(clippy::needless_update, reason = "every one of them may be given")]
            const IDENTITY: $crate::export::Identity = $crate::export::Identity {
                $($key: $value,)*
                ..$crate::export::Identity {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                    description: env!("CARGO_PKG_DESCRIPTION"),
                    homepage: env!("CARGO_PKG_HOMEPAGE"),
                    license: env!("CARGO_PKG_LICENSE"),
                }
            };
        }

        const _: () = $crate::export::require_plugin::<$plugin>();

        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exports = $crate::export::Exports<$plugin>;
            $crate::bindings::export!(Exports with_types_in $crate::bindings);
        };
    };
}
