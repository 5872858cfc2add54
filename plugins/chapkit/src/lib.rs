//! chapkit's tables as a plugin: artifacts, configs and tasks over HTTP, and the links between the first two.

use chapkit_tables::{Artifact, Config, ConfigArtifact, Task};
use tenon_sdk::{Collection, Manifest, Migrations, Plugin};

struct Chapkit;

impl Plugin for Chapkit {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        manifest.entity::<Artifact>().collection::<Artifact>("artifacts");
        manifest.entity::<Config>().collection::<Config>("configs");
        manifest.entity::<ConfigArtifact>();
        manifest.entity::<Task>().collection::<Task>(Collection::new("tasks").order("-created_at,-id").summary("the newest first"));
    }
}

tenon_sdk::plugin!(Chapkit);
