//! What a server that was started with `--json` logged.

use serde_json::Value;

use super::Said;
use super::server::Answer;

/// The lines of a log, in order.
#[derive(Debug)]
pub struct Logged(Vec<Value>);

impl Said {
    /// What was logged, each line of which must be JSON.
    #[track_caller]
    pub fn logged(&self) -> Logged {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Logged(self.err.lines().map(parse).collect())
    }
}

impl Logged {
    /// The fields of the one line that says how a request was answered.
    #[track_caller]
    pub fn request(&self, answer: &Answer) -> &Value {
        let id = answer.header("x-request-id");
        let fields = self.requests().into_iter().map(|line| &line["fields"]);
        let found: Vec<&Value> = fields.filter(|fields| fields["request_id"] == id).collect();
        assert_eq!(found.len(), 1, "one line for each request: {found:?}");
        found[0]
    }

    /// Whole lines that say how requests were answered.
    pub fn requests(&self) -> Vec<&Value> {
        self.0.iter().filter(|line| line["fields"]["message"] == "request").collect()
    }

    /// Whole lines that a plugin logged while it answered a request.
    pub fn of_plugin(&self, answer: &Answer) -> Vec<&Value> {
        let id = answer.header("x-request-id");
        self.0.iter().filter(|line| line["target"] == "tenon::plugin" && line["fields"]["request_id"] == id).collect()
    }

    /// The lines whose message has this text.
    pub fn saying(&self, text: &str) -> Vec<&Value> {
        let says = |line: &&Value| line["fields"]["message"].as_str().is_some_and(|message| message.contains(text));
        self.0.iter().filter(says).collect()
    }
}
