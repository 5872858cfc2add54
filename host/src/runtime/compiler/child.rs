//! The compiler in a process of its own. It leaves some 50 MiB behind in the one that it runs in, which a server would keep for as long as it
//! runs; and what takes too long, or all the memory, ends with the process.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared_child::SharedChild;
use wasmtime::Engine;

use super::confine::{CPU_GRACE, confine, confine_memory};
use crate::runtime::engine::{self, Fingerprint, fingerprint};
use crate::runtime::error::RuntimeError;
use crate::runtime::limits::Limits;

/// The hidden command that the program is started with.
pub const COMMAND: &str = "compile-component";

/// First byte of what the child answers; after it the fingerprint of its engine.
const CODE: u8 = b'C';
const INVALID: u8 = b'E';

/// What the child is told: who asks, how long it may take, and of the limits what the engine is made with. Code is of use only to an engine
/// that was made alike.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Shape {
    parent: u32,
    compile_time: Duration,
    stack_bytes: usize,
    live_instances: u32,
    core_instances: u32,
    memories: u32,
    tables: u32,
    memory_bytes: usize,
    table_elements: usize,
}

impl From<&Limits> for Shape {
    fn from(limits: &Limits) -> Self {
        let &Limits { compile_time, stack_bytes, live_instances, core_instances, memories, tables, memory_bytes, table_elements, .. } =
            limits;
        let parent = std::process::id();
        Self { parent, compile_time, stack_bytes, live_instances, core_instances, memories, tables, memory_bytes, table_elements }
    }
}

/// How many times as long as it may work a child may take, by the clock: it is behind all that answers requests. Where the system does not limit
/// the processor time of processes, the clock has to do.
const BY_THE_CLOCK: u32 = if cfg!(target_os = "linux") { 5 } else { 1 };

/// Compiles in children, to be asked one at a time.
#[derive(Debug)]
pub(super) struct Children {
    program: PathBuf,
    shape: String,
    /// Of the engine that the code is for.
    engine: Fingerprint,
}

/// Why a child gave no code.
#[derive(Debug)]
pub(super) enum NoCode {
    /// The file cannot be compiled, and this is why.
    Invalid(String),
    /// It worked for too long, and was ended.
    TooSlow,
    /// It ended by itself without a word, which is the file's doing: it panicked, or wanted more memory than it may have.
    Died(ExitStatus),
    /// The system ended it, or it could not begin, which is the machine's doing. Why.
    BrokenOff(String),
    /// It could not be run at all, or is another program than this one.
    Unusable(io::Error),
}

impl Children {
    pub(super) fn new(program: &Path, engine: &Engine, limits: &Limits) -> Self {
        let shape = serde_json::to_string(&Shape::from(limits)).unwrap_or_default();
        Self { program: program.to_owned(), shape, engine: fingerprint(engine) }
    }

    pub(super) fn compile(&self, wasm: &[u8], time: Duration) -> Result<Vec<u8>, NoCode> {
        let mut command = Command::new(&self.program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, "tenon");
        command.args([COMMAND, &self.shape]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = Arc::new(SharedChild::spawn(&mut command).map_err(not_begun)?);
        let answer = answer(&child, wasm, (time + CPU_GRACE) * BY_THE_CLOCK);
        // Also one that was not waited for to its end leaves nothing behind.
        child.kill().and_then(|()| child.wait()).map_err(NoCode::Unusable)?;
        let (mut answer, status) = answer?;
        if !status.success() {
            return Err(ended(status));
        }
        // What another program makes of a file is not the file's doing.
        if answer.get(1..=self.engine.len()) != Some(&self.engine[..]) {
            return Err(NoCode::Unusable(io::Error::other("the program that was started is another than this one; restart the server")));
        }
        let kind = answer[0];
        // In its place: code is large.
        answer.drain(..=self.engine.len());
        match kind {
            CODE => Ok(answer),
            _ => Err(NoCode::Invalid(String::from_utf8_lossy(&answer).into_owned())),
        }
    }
}

/// What it means that it ended so. The program says 1 where it could not begin with the file.
fn ended(status: ExitStatus) -> NoCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;

        // What wants too much memory aborts, and what goes too deep breaks a rule of the system's; nobody sends it those.
        return match Signal::from_named_raw(signal) {
            Some(Signal::XCPU) => NoCode::TooSlow,
            Some(Signal::KILL | Signal::TERM | Signal::INT | Signal::HUP) => NoCode::BrokenOff(format!("the process ended with {status}")),
            _ => NoCode::Died(status),
        };
    }
    match status.code() {
        Some(1) => NoCode::BrokenOff("the process that compiles could not begin".to_owned()),
        _ => NoCode::Died(status),
    }
}

/// What it means that it could not be started: there is no more of something, or no such program.
fn not_begun(error: io::Error) -> NoCode {
    #[cfg(unix)]
    if let Some(rustix::io::Errno::AGAIN | rustix::io::Errno::NOMEM | rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) =
        rustix::io::Errno::from_io_error(&error)
    {
        return NoCode::BrokenOff(format!("the process that compiles could not be started: {error}"));
    }
    NoCode::Unusable(error)
}

/// Hands the file over, takes what comes back, and waits for the end, all in that time.
fn answer(child: &Arc<SharedChild>, wasm: &[u8], time: Duration) -> Result<(Vec<u8>, ExitStatus), NoCode> {
    let (Some(mut stdin), Some(mut stdout)) = (child.take_stdin(), child.take_stdout()) else {
        return Err(NoCode::Unusable(io::Error::other("its pipes are gone")));
    };
    let (done, answered) = sync_channel(1);
    let (child, wasm) = (Arc::clone(child), wasm.to_vec());
    let talk = move || {
        // A child that reads no further has ended, and says why below or not at all.
        let _ = stdin.write_all(&wasm);
        drop(stdin);
        let mut bytes = Vec::new();
        // What has closed its output may have more to do before it ends, and is not killed meanwhile: it would look broken off.
        let ended = stdout.read_to_end(&mut bytes).and_then(|_| child.wait()).map(|status| (bytes, status));
        // Nobody may be waiting any more.
        let _ = done.send(ended);
    };
    thread::Builder::new().name("tenon-compiling".to_owned()).spawn(talk).map_err(NoCode::Unusable)?;
    match answered.recv_timeout(time) {
        Ok(ended) => ended.map_err(NoCode::Unusable),
        Err(RecvTimeoutError::Timeout) if BY_THE_CLOCK == 1 => Err(NoCode::TooSlow),
        Err(RecvTimeoutError::Timeout) => {
            Err(NoCode::BrokenOff(format!("the machine is so busy that it was not done after {} s", time.as_secs())))
        }
        Err(RecvTimeoutError::Disconnected) => Err(NoCode::Unusable(io::Error::other("the thread that waits for it ended"))),
    }
}

/// What the child does: reads a file from `wasm`, writes its code or what is wrong with it to `answer`. On Linux the process has little from
/// then on, and ends with its parent.
///
/// # Errors
/// The engine cannot be made, or the parent is gone.
pub fn work(shape: &str, mut wasm: impl io::Read, mut answer: impl io::Write) -> Result<(), RuntimeError> {
    let Shape { parent, compile_time, stack_bytes, live_instances, core_instances, memories, tables, memory_bytes, table_elements } =
        serde_json::from_str(shape).map_err(|error| RuntimeError::Child(error.into()))?;
    let limits =
        Limits { stack_bytes, live_instances, core_instances, memories, tables, memory_bytes, table_elements, ..Limits::default() };
    confine(parent, compile_time).map_err(RuntimeError::Child)?;
    let mut bytes = Vec::new();
    wasm.read_to_end(&mut bytes).map_err(RuntimeError::Child)?;
    let (engine, ..) = engine::build(&limits)?;
    confine_memory();
    let (first, rest) = match engine.precompile_component(&bytes) {
        Ok(code) => (CODE, code),
        Err(error) => (INVALID, error.root_cause().to_string().into_bytes()),
    };
    let write = |part: &[u8]| answer.write_all(part);
    [&[first][..], &fingerprint(&engine), &rest].into_iter().try_for_each(write).and_then(|()| answer.flush()).map_err(RuntimeError::Child)
}
