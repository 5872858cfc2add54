//! Notes: one table, two revisions, all operations over HTTP.

use tenon_sdk::{Collection, Entity, Manifest, Migrations, Plugin};

/// A note. `id`, `created_at`, `updated_at` and `tags` come with Entity.
#[derive(Entity)]
#[entity(table = "notes")]
pub struct Note {
    /// What it is about.
    #[entity(index, min_length = 1, max_length = 200)]
    pub title: String,
    /// What it says.
    pub body: Option<String>,
    /// Whether it is dealt with.
    #[entity(default = false)]
    pub done: bool,
    /// Whether it stays on top. Came with the second revision.
    #[entity(default = false)]
    pub pinned: bool,
}

struct Notes;

impl Plugin for Notes {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!();

    fn describe(manifest: &Manifest) {
        manifest.entity::<Note>().collection::<Note>(Collection::new("notes").order("-pinned,-created_at"));
    }
}

tenon_sdk::plugin!(Notes);
