//! Notes: one table, two revisions, all operations over HTTP, some of them answered here.

mod requests;

use tenon_sdk::{Collection, Entity, Handlers, Manifest, Method, Migrations, Plugin, Record, Setting, data};

/// A note. `id`, `created_at`, `updated_at` and `tags` come with Entity.
#[data]
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
        manifest
            .entity::<Note>()
            .collection::<Note>(Collection::new("notes").order("-pinned,-created_at"))
            .setting(Setting::new("most-pinned", "integer").default(3).comment("how many notes may be pinned at one time"));
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("notes.create", requests::create).summary("Make a note").answers::<Record<Note>>();
        on.route("pin", Method::Post, "/notes/{id}/$pin", requests::pin)
            .summary("Pin a note")
            .answers::<Record<Note>>()
            .answer(409, "So many notes are pinned as may be.");
        on.route("summary", Method::Get, "/notes/$summary", requests::summary).summary("Count the notes");
    }
}

tenon_sdk::plugin!(Notes);
