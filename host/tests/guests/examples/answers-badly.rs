//! Answers what cannot be sent, after it added a row. `POST answers-badly/{how}`.

use tenon_sdk::{Document, Handlers, Manifest, Method, Migrations, Path, Plugin, Problem, Reason, Response, Result};
use tenon_test_guests::served;

struct Guest;

fn answer(Path(how): Path<String>) -> Result<Response> {
    served::write("answers", &how)?;
    let good = Response::new(200);
    let body = |bytes: &[u8]| Document::new("text/plain", bytes);
    let header = |name: &str, value: &str| {
        let mut response = Response::new(200);
        response.headers.push((name.to_owned(), value.to_owned()));
        response
    };
    Ok(match how.as_str() {
        "good" => good.body(body(b"good")),
        "huge-body" => {
            let mut bytes = Vec::new();
            loop {
                // As large as one call of the host's takes, then more than fits beside it.
                bytes.resize(bytes.len() + (4 << 20), b'x');
                std::mem::forget(body(&bytes));
            }
        }
        "large-body" => good.body(body(&vec![b'x'; 7 << 20])),
        "many-headers" => Response { headers: vec![("x-many".to_owned(), "value".to_owned()); 65], ..good },
        "half-a-million-headers" => Response { headers: vec![("x".to_owned(), "y".to_owned()); 500_000], ..good },
        "large-header" => header("x-large", &"x".repeat(17 << 10)),
        "broken-name" => header("x y", "z"),
        "broken-value" => header("x-split", "a\r\nset-cookie: b"),
        "hosts-header" => header("content-length", "5"),
        "chunked" => header("transfer-encoding", "chunked"),
        "status-0" => Response::new(0),
        "status-101" => Response::new(101),
        "status-600" => Response::new(600),
        "no-media-type" => good.body(Document::new("", b"x")),
        "broken-media-type" => good.body(Document::new("text/plain\r\nx-split: 1", b"x")),
        "long-media-type" => good.body(Document::new(&"x".repeat(256), b"x")),
        "body-of-204" => Response::new(204).body(body(b"none")),
        "problem-200" => return Err(Problem::new(200, "fine", "nothing is wrong")),
        "problem-of-reasons" => {
            let reason = Reason::body("/x", "x", "x".repeat(180));
            return Err(Problem { errors: vec![reason; 1_000], ..Problem::internal("many reasons") });
        }
        "empty-reasons" => return Err(Problem { errors: vec![Reason::body("", "", ""); 50_000], ..Problem::internal("") }),
        "huge-problem" => return Err(Problem::internal("x".repeat(300_000))),
        "problem-of-members" => {
            let problem = Problem::conflict("a\u{1b}[2J\nb").with("status", 200).with("code", "ok").with("retry-after", -5);
            return Err(problem.with("request_id", "mine").with("real", f64::NAN).with("x\ny", "z"));
        }
        _ => return Err(Problem::not_found("there is no such way")),
    })
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("answers")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "answers");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("answer", Method::Post, "/answers-badly/{how}", answer);
    }
}

tenon_sdk::plugin!(Guest, name = "answers-badly");
