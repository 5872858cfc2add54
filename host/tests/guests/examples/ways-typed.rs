//! The plugin `ways`: it reads rows and bodies into types of its own before it answers. For benchmarks.

use tenon_sdk::{Body, Created, Handlers, Manifest, Migrations, Path, Plugin, Result, Timestamp, Ulid, data, records};
use tenon_test_guests::ways;

/// A user as a client sees them, in the order of the host's own answer.
#[data]
struct Shown {
    id: Ulid,
    created_at: Timestamp,
    updated_at: Timestamp,
    tags: Vec<String>,
    email: String,
    name: String,
    is_active: bool,
}

/// What is said of a new user.
#[data]
#[serde(deny_unknown_fields)]
struct NewUser {
    id: Option<Ulid>,
    email: String,
    name: String,
    #[serde(default = "active")]
    is_active: bool,
    #[serde(default)]
    tags: Vec<String>,
}

fn active() -> bool {
    true
}

/// One space between two words, and none around them.
fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The row with a tidy name.
fn get(Path(id): Path<Ulid>) -> Result<Body<Shown>> {
    let mut user: Shown = records::get("users", &id)?.parse()?;
    user.name = tidy(&user.name);
    Ok(Body(user))
}

/// A row with a tidy name, and an e-mail in lower case.
fn create(Body(mut new): Body<NewUser>) -> Result<Created> {
    new.name = tidy(&new.name);
    new.email.make_ascii_lowercase();
    records::create("users", &new).map(Created)
}

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[ways::TABLES];

    fn describe(manifest: &Manifest) {
        ways::describe(manifest);
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("users.get", get);
        on.handle("users.create", create).answers::<Shown>();
    }
}

tenon_sdk::plugin!(Guest, name = "ways", version = "1.0.0");
