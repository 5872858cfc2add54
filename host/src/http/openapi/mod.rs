//! The description of everything that is served, as OpenAPI 3.1, made from what the plugins declare.
//!
//! `schema` says what a column looks like in JSON, `operations` what can be asked of a collection, `own` what the host itself answers.
//! Names that clients are generated from stay the same as long as a plugin keeps its own: they begin with the plugin's name.

mod names;
mod operations;
mod own;
mod problem;
mod schema;

use utoipa::openapi::{ComponentsBuilder, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApiBuilder, PathsBuilder};

use self::names::Names;
use super::state::Info;
use crate::service::serving::Snapshot;

/// The description as JSON.
pub(super) fn json(snapshot: &Snapshot, info: &Info) -> Vec<u8> {
    let mut names = Names::default();
    let mut components = problem::components(ComponentsBuilder::new());
    let mut paths = own::paths(PathsBuilder::new());
    for endpoint in &snapshot.endpoints {
        let described = operations::describe(endpoint, &mut names);
        for (name, schema) in described.schemas {
            components = components.schema(name, schema);
        }
        for (path, item) in described.paths {
            paths = paths.path(path, item);
        }
    }
    let contact =
        info.contact.as_ref().map(|contact| ContactBuilder::new().name(Some(&contact.name)).email(contact.email.as_deref()).build());
    let license = info.license_info.as_ref().map(|license| LicenseBuilder::new().name(&license.name).url(license.url.as_deref()).build());
    let about = InfoBuilder::new()
        .title(&info.display_name)
        .version(&info.version)
        .description(info.description.as_deref().or(info.summary.as_deref()))
        .contact(contact)
        .license(license);
    let document = OpenApiBuilder::new().info(about).paths(paths).components(Some(components.build())).build();
    // Maps with string keys and finite numbers always have a JSON form.
    serde_json::to_vec(&document).unwrap_or_default()
}
