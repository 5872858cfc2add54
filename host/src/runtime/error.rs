//! What can go wrong in this room. A guest's own answer, a guest that broke a promise or spent a limit, and a fault of the host are
//! three different things from here to the log line and the HTTP answer.

use std::fmt;
use std::time::Duration;

use crate::model::{Mistake, Problem};

/// The engine could not be made. Nothing of tenon works without it.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The engine refused its own configuration.
    #[error("the WebAssembly engine cannot be made on this machine")]
    Engine(#[source] wasmtime::Error),
    /// The thread that deadlines hang on could not be started.
    #[error("the thread that keeps deadlines cannot be started")]
    Ticker(#[source] std::io::Error),
    /// What was asked of a process that compiles cannot be read, or nobody takes what it answers.
    #[error("the process that asked for it cannot be understood")]
    Child(#[source] std::io::Error),
}

/// Why a file is no plugin that this host can run. Says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// Over [`Limits::component_bytes`](super::Limits::component_bytes).
    #[error("it is too large: {size} bytes, at most {limit} are read")]
    TooLarge {
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// No bytes at all.
    #[error("it is empty; was the build interrupted?")]
    Empty,
    /// WebAssembly in its text form.
    #[error("it is WebAssembly text, not a binary: convert it with `wasm-tools parse`")]
    WebAssemblyText,
    /// Any other text.
    #[error("it is a text file, not a WebAssembly component")]
    Text,
    /// Something else.
    #[error("it is not WebAssembly: it does not begin with the bytes `\\0asm`")]
    NotWebAssembly,
    /// A core module: the wrong half of WebAssembly.
    #[error(
        "it is a core WebAssembly module, not a component: build it for wasm32-unknown-unknown with `linker = \"wasm-component-ld\"`, as \
         `tenon new` sets it up, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// Machine code that some wasmtime made. Running it would mean trusting whoever wrote the file.
    #[error("it is precompiled machine code (.cwasm), which is never run from a plugins folder: put the .wasm component there instead")]
    Precompiled,
    /// A component by its first bytes, and broken after them.
    #[error("it is damaged or cut short, or uses WebAssembly features that tenon does not offer: {reason}; build or copy it again")]
    Invalid {
        /// In the validator's words.
        reason: String,
    },
    /// Imports `wasi:*`.
    #[error(
        "it imports {imports}, and components that import WASI are refused for now: build it for the target wasm32-unknown-unknown instead \
         of wasm32-wasip1 or wasm32-wasip2, and take clock, randomness and log from the tenon SDK{}", also_missing(.missing)
    )]
    Wasi {
        /// The interfaces.
        imports: List,
        /// Exports of a plugin that it lacks as well.
        missing: List,
    },
    /// A plugin that imports something neither ours nor WASI's.
    #[error("it imports {imports}, which tenon does not offer: a plugin may import nothing but tenon:plugin")]
    ForeignImports {
        /// What it imports.
        imports: List,
    },
    /// Exports something else than a plugin does.
    #[error("it is a component of another kind, not a tenon plugin: it does not export {missing}{}", also_imports(.imports))]
    OtherWorld {
        /// The exports that a plugin has.
        missing: List,
        /// What it imports that no plugin may.
        imports: List,
    },
    /// Imports what a later contract added.
    #[error(
        "it needs tenon >= {version}: it uses {needs}, which this tenon (contract {ours}) does not have; update tenon, or build it with an older SDK"
    )]
    NeedsNewer {
        /// The version of the contract that it was built against.
        version: String,
        /// Interfaces and functions.
        needs: List,
        /// The version of the contract that this host speaks.
        ours: &'static str,
    },
    /// Built against a contract whose versions do not go together with ours.
    #[error("it was built against contract {theirs}, and this tenon speaks {ours}: build it again with an SDK of that version")]
    OtherContract {
        /// Of the component.
        theirs: String,
        /// Of this host.
        ours: &'static str,
    },
    /// Same names, other types: a draft of the contract.
    #[error("its types do not fit contract {ours}, was it built against a draft of it? build it again with a released SDK ({reason})")]
    OtherTypes {
        /// The version of the contract that this host speaks.
        ours: &'static str,
        /// In the linker's words.
        reason: String,
    },
    /// Cannot be instantiated within the limits, whatever it does.
    #[error("it needs more than a plugin may have: {reason}")]
    TooDemanding {
        /// What, how much and how much is allowed.
        reason: String,
    },
    /// Over [`Limits::compile_time`](super::Limits::compile_time), which no honest file comes near.
    #[error("it takes more than {} ms to compile and was given up", .limit.as_millis())]
    TooSlow {
        /// What it was allowed.
        limit: Duration,
    },
    /// The compiler was ended by the system, or could not begin: memory is short, or something else of the machine's.
    #[error("compiling it was broken off: {reason}; if memory is short, it helps to have more of it")]
    BrokenOff {
        /// In the system's words.
        reason: String,
    },
    /// The compiler panicked. The host goes on; the file does not.
    #[error("compiling it failed inside the compiler: {reason}; please report it together with the file")]
    Compiler {
        /// The panic's message.
        reason: String,
    },
}

impl ComponentError {
    /// Whether the same file may be fine another time: it was the machine's doing.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::BrokenOff { .. })
    }
}

fn also_missing(missing: &List) -> String {
    if missing.0.is_empty() { String::new() } else { format!("; it also does not export {missing}") }
}

fn also_imports(imports: &List) -> String {
    if imports.0.is_empty() { String::new() } else { format!(", and it imports {imports}") }
}

/// Names, written as a list in backquotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List(pub Vec<String>);

/// Names shown of a list; the rest is counted.
const SHOWN: usize = 8;

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}`{name}`", if i == 0 { "" } else { ", " })?;
        }
        if self.0.len() > SHOWN { write!(f, " and {} more", self.0.len() - SHOWN) } else { Ok(()) }
    }
}

/// Why a plugin's `describe` gave no manifest.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// It came to its end, and what it said cannot be so. All of it at once.
    #[error("{}", told(.mistakes, *.left_out).join("\n"))]
    Mistakes {
        /// In order of declaration.
        mistakes: Vec<Mistake>,
        /// How many more there were than are kept.
        left_out: usize,
    },
    /// It did not come to its end.
    #[error("`describe` failed")]
    Call(#[from] CallError),
}

fn told(mistakes: &[Mistake], left_out: usize) -> Vec<String> {
    let mut told: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    if left_out > 0 {
        told.push(format!("and {left_out} more"));
    }
    told
}

impl DescribeError {
    /// Whether the same plugin may answer another time: it was the host's doing, or that of its neighbours.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Call(error) if error.may_pass())
    }

    /// The reasons, at least one, each a line with its causes in it.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Mistakes { mistakes, left_out } => told(mistakes, *left_out),
            Self::Call(error) => {
                let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
                vec![format!("{self}: {error}{}", cause.unwrap_or_default())]
            }
        }
    }
}

/// How a call into a plugin ended, when not well.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin's own answer: it came to its end and said no.
    #[error("{0}")]
    Problem(Problem),
    /// The plugin broke a promise: it panicked, did what WebAssembly forbids, or called what it may not call now.
    #[error("the plugin broke off: {message}")]
    Trap {
        /// One line: the guest's panic message, if it logged one.
        message: String,
    },
    /// The plugin computed for too long.
    #[error("the plugin ran for more than {} ms of its own time and was stopped", .limit.as_millis())]
    Deadline {
        /// What it was allowed.
        limit: Duration,
    },
    /// The plugin spent something that it may have only so much of.
    #[error("the plugin was stopped: {0}")]
    Limit(LimitReached),
    /// The plugin was retired while it ran.
    #[error("another file has taken the plugin's place, and its calls were given time enough")]
    Retired,
    /// Its context ended the call and has the reason.
    #[error("the call could not go on")]
    Over,
    /// All instances that may live at one time do. Worth trying again.
    #[error("too many plugins run at this moment: {0}")]
    Saturated(String),
    /// Not the plugin's doing.
    #[error("the host failed while it ran the plugin")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl CallError {
    /// Whether the same call may end well another time: it was the host's doing, or that of the plugin's neighbours.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Saturated(_) | Self::Host(_))
    }
}

/// What a plugin can have only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// Linear memory and documents.
    Memory,
    /// Elements of a table.
    TableElements,
    /// Stack.
    Stack,
    /// Live handles.
    Handles,
    /// Bytes in one host call.
    HostCallBytes,
    /// Calls into `declare`.
    Declarations,
    /// Bytes of all declarations.
    DeclaredBytes,
    /// Time of all operations of one step.
    WorkTime,
    /// Bytes in the body of an answer.
    Answer,
}

/// A limit that a plugin ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}, at most {limit} {}{}", .which.deed(), .which.unit(), .which.setting())]
pub struct LimitReached {
    /// Of what.
    pub which: Limited,
    /// How much there is.
    pub limit: u64,
}

impl Limited {
    fn deed(self) -> &'static str {
        match self {
            Self::Memory => "it asked for more memory, its own and that of its documents together, than it may have",
            Self::TableElements => "it made a WebAssembly table grow beyond what it may have",
            Self::Stack => "its calls went deeper than its stack holds",
            Self::Handles => "it kept more handles to documents than it may have",
            Self::HostCallBytes => "it handed over more in one call than the host takes",
            Self::Declarations => "it declared more things than a plugin may have",
            Self::DeclaredBytes => "what it declared is larger than a plugin may be",
            Self::Answer => "its answer has a body of more bytes than it may",
            Self::WorkTime => "all that it asked for in one step took longer than it may take",
        }
    }

    /// Who may raise it, and by which key.
    fn setting(self) -> &'static str {
        match self {
            Self::Memory => " (limit `memory-mib`)",
            Self::TableElements => " (limit `table-elements`)",
            Self::Stack => " (limit `stack-kib`)",
            Self::Handles => " (limit `handles`)",
            Self::HostCallBytes => " (limit `host-call-kib`)",
            Self::WorkTime => " (limit `work-time-ms`)",
            Self::Answer => " (limit `answer-kib`)",
            Self::Declarations | Self::DeclaredBytes => "",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Memory | Self::Stack | Self::HostCallBytes | Self::DeclaredBytes | Self::Answer => "bytes",
            Self::TableElements => "elements",
            Self::Handles => "handles",
            Self::Declarations => "calls",
            Self::WorkTime => "ms",
        }
    }
}

/// Why a host function ends the guest instead of answering it. Travels through the guest as a trap.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// The guest called what it may not call, or with what cannot be.
    #[error("{0}")]
    Misuse(String),
    /// The guest spent a limit.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The guest's time is over.
    #[error("the guest's time is over")]
    Deadline,
    /// Nothing of the plugin is to go on.
    #[error("the plugin is retired")]
    Retired,
    /// The context ended the call and keeps the reason.
    #[error("the call's context ended it")]
    Over,
    /// The host is at fault.
    #[error("{0}")]
    Host(String),
}
