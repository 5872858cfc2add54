//! chapkit's tables as a plugin: artifacts, configs and tasks over HTTP, the tree that artifacts stand in, and the links between configs
//! and its roots.

mod artifacts;
mod levels;
mod links;
mod node;
mod tree;

use chapkit_tables::{Artifact, Config, ConfigArtifact, Task};
use tenon_sdk::{Access, Collection, Handlers, Manifest, Method, Migrations, Plugin, Record, Setting};

use self::node::Node;

struct Chapkit;

impl Plugin for Chapkit {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        manifest.entity::<Artifact>().collection::<Artifact>("artifacts").field("artifacts", "level", Access::ReadOnly);
        manifest.entity::<Config>().collection::<Config>("configs");
        manifest.entity::<ConfigArtifact>();
        manifest.entity::<Task>().collection::<Task>(Collection::new("tasks").order("-created_at,-id").summary("the newest first"));
        manifest
            .setting(Setting::new(node::HIERARCHY, "string").comment("what the levels of artifacts are together, e.g. training"))
            .setting(Setting::new(node::LABELS, "string").comment("what each level is called, from the root on: model,prediction"));
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("artifacts.create", artifacts::create).answer(409, "There is no such parent, or the tree would be too deep.");
        on.handle("artifacts.replace", artifacts::change).answer(409, artifacts::CANNOT_MOVE);
        on.handle("artifacts.update", artifacts::change).answer(409, artifacts::CANNOT_MOVE);
        on.handle("artifacts.delete", artifacts::delete).description("What stands below it becomes roots.");
        on.route("tree", Method::Get, "/artifacts/{id}/$tree", tree::tree)
            .summary("Show an artifact with all that stands below it")
            .answers::<Node>()
            .answer(404, "There is no such artifact.")
            .answer(413, "The tree is too large for one answer.");
        on.route("expand", Method::Get, "/artifacts/{id}/$expand", tree::expand)
            .summary("Show an artifact with what its level is called")
            .answers::<Node>()
            .answer(404, "There is no such artifact.");
        on.route("artifact-config", Method::Get, "/artifacts/{id}/$config", links::config_of)
            .summary("Show the config that an artifact's root is linked to")
            .answers::<Record<Config>>()
            .answer(404, "There is no such artifact, or its root is linked to no config.");
        on.route("config-artifacts", Method::Get, "/configs/{id}/$artifacts", links::artifacts_of)
            .summary("List the root artifacts that are linked to a config")
            .answers::<Vec<Record<Artifact>>>();
        on.route("link-artifact", Method::Post, "/configs/{id}/$link-artifact", links::link)
            .summary("Link a root artifact to a config")
            .answer(404, "There is no such config.")
            .answer(409, "There is no such artifact, it is no root, or it is linked already.");
        on.route("unlink-artifact", Method::Post, "/configs/{id}/$unlink-artifact", links::unlink)
            .summary("Take the link from an artifact")
            .description("Whichever config it is linked to; an artifact without a link is no mistake.");
    }
}

tenon_sdk::plugin!(Chapkit);
