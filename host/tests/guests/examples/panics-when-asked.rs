//! Adds a row and panics: `POST panics-when-asked/{how}`, with a text, past the end of a list, without a text, with a text of 100 kB and more lines.

use tenon_sdk::{Handlers, Manifest, Method, Migrations, NoContent, Path, Plugin, Problem, Result};
use tenon_test_guests::served;

struct Guest;

fn panic(Path(how): Path<String>) -> Result<NoContent> {
    served::write("panics", "half done")?;
    match how.as_str() {
        "text" => panic!("the author forgot {}", "something"),
        "index" => {
            let list = std::hint::black_box([1, 2, 3]);
            served::write("panics", &list[how.len()].to_string())?;
            Ok(NoContent)
        }
        "no-text" => std::panic::panic_any(5),
        "long" => panic!("{}", "line\n".repeat(20_000)),
        _ => Err(Problem::not_found("there is no such panic")),
    }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("panics")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "panics");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("panic", Method::Post, "/panics-when-asked/{how}", panic);
    }
}

tenon_sdk::plugin!(Guest, name = "panics-when-asked");
