//! Every kind of argument and answer.

use tenon_sdk::handlers::{Call, Declaration, FromRequest, Place};
use tenon_sdk::{
    Body, Created, Document, Entity, Handlers, Manifest, Method, NoContent, Path, Plugin, Problem, Query, Reason, Record, Request, Response,
    Result, Ulid, Value, data, database, host, json, params, records,
};

#[data]
#[derive(Debug, Entity)]
#[entity(table = "notes")]
struct Note {
    /// What it is about.
    title: String,
    body: Option<String>,
}

#[data]
#[serde(rename_all = "kebab-case")]
enum Order {
    NewestFirst,
    OldestFirst,
}

#[data]
struct Filter {
    order: Option<Order>,
    #[serde(default)]
    tag: Vec<String>,
    least: Option<i64>,
}

#[data]
struct Line {
    note: Ulid,
    line: u32,
}

struct Tenant(String);

impl FromRequest for Tenant {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        call.header("x-tenant").map(Self).ok_or_else(|| Problem::forbidden("no tenant"))
    }

    fn declare(declaration: &mut Declaration) {
        declaration.parameter::<String>(Place::Header, "x-tenant", true, "Whose notes");
    }
}

fn create(request: &Request, tenant: Tenant, Body(note): Body<Note>) -> Result<Created> {
    if note.title == request.path() || note.title == tenant.0 {
        return Err(Problem::validation([Reason::body("/title", "taken", "is the path")]));
    }
    records::create("notes", &note).map(Created)
}

fn replace(Path(id): Path<Ulid>, body: Document) -> Result<Document> {
    records::if_match("\"1\"").replace("notes", id, &body)
}

fn update(body: Option<Document>) -> Result<Response> {
    match body {
        None => records::forward(),
        Some(_) => records::forward_with(&json!({ "title": "other" })),
    }
}

fn line(Path((note, line)): Path<(Ulid, u32)>) -> Result<Response> {
    let row = database::row::<(String, Option<i64>)>("SELECT body, ? FROM notes WHERE id = ?", params![line, &note])?;
    let (body, _) = row.ok_or_else(|| Problem::not_found("no such note").reason(Reason::path("note", "unknown", "is unknown")))?;
    Response::new(200).header("x-lines", "1").json(&body)
}

fn remove(Path(Line { note, line }): Path<Line>) -> Result<NoContent> {
    let rows: Vec<Vec<Value>> = vec![params![line, &note].to_vec()];
    database::execute_many("UPDATE notes SET body = ? WHERE id = ?", &rows)?;
    records::delete("notes", note.as_str())?;
    Ok(NoContent)
}

fn search(Query(filter): Query<Filter>) -> Result<Body<Vec<Record<Note>>>> {
    let order = match filter.order {
        Some(Order::NewestFirst) => "-id",
        Some(Order::OldestFirst) | None => "id",
    };
    let found = records::list("notes", &records::query([("sort", order)]))?;
    if found.total() == found.rows() && found.next().is_none() {
        host::setting("page");
    }
    found.parse().map(Body)
}

struct Notes;

impl Plugin for Notes {
    fn describe(manifest: &Manifest) {
        manifest.entity::<Note>().collection::<Note>("notes");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("notes.create", create).summary("Make a note").answers::<Record<Note>>();
        on.handle("notes.replace", replace);
        on.handle("notes.update", update);
        on.handle("notes.get", records::forward);
        on.forward("notes.list");
        on.route("line", Method::Get, "/notes/{note}/lines/{line}", line).answer(404, "No such note").answers::<String>();
        on.route("remove", Method::Delete, "/notes/{note}/lines/{line}", remove).description("Both of them").writes(true);
        on.route("search", Method::Get, "/notes/$search", search).status(200);
        on.route("now", Method::Post, "/notes/$now", || Body(host::now_ms())).request_media_type("text/plain").writes(false);
    }
}

tenon_sdk::plugin!(Notes, name = "notes");

fn main() {}
