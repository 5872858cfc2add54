//! What keeps a process small that compiles: it reads hostile bytes, and nobody misses it.

use std::io;
use std::time::Duration;

/// What a process may work beside compiling: it starts, and makes an engine.
pub(super) const CPU_GRACE: Duration = Duration::from_secs(1);

/// Ends this process with the one that asked for it, or when it takes too long. What the system does not grant is done without.
///
/// # Errors
/// The parent is gone already.
#[cfg(target_os = "linux")]
pub(super) fn confine(parent: u32, time: Duration) -> io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Signal, set_dumpable_behavior, set_parent_process_death_signal};

    // Comes when the thread ends that started this process, which waits for it.
    tell("end with its parent", set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from));
    if std::os::unix::process::parent_id() != parent {
        return Err(io::Error::other("it has ended"));
    }
    tell("go first when memory is short", std::fs::write("/proc/self/oom_score_adj", "1000"));
    // What it had in its memory when it worked for too long is of no use to anybody. After the line above, which needs it.
    tell("leave nothing when it is ended", set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(io::Error::from));
    // Of the processor's time: how long it takes by the clock says more of what else the machine does.
    let seconds = (time + CPU_GRACE).as_secs();
    tell("limit its time", limit(Resource::Cpu, seconds, seconds + 4));
    Ok(())
}

/// Lets this process have little more memory than it has. The engine is made before: its pool reserves some that it never touches.
#[cfg(target_os = "linux")]
pub(super) fn confine_memory() {
    use crate::runtime::limits::COMPILER_DATA_BYTES;

    let confined = data_bytes().map(|bytes| bytes + COMPILER_DATA_BYTES);
    let confined = confined.and_then(|bytes| limit(rustix::process::Resource::Data, bytes, bytes));
    tell("limit its memory", confined);
}

#[cfg(not(target_os = "linux"))]
pub(super) fn confine(_parent: u32, _time: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn confine_memory() {}

/// Memory that this process may write to, in bytes.
#[cfg(target_os = "linux")]
fn data_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| io::Error::other("the system does not say how much it has"))
}

/// For good, and never to more than there is. Of some it is told at the first, and ended at the second.
#[cfg(target_os = "linux")]
fn limit(resource: rustix::process::Resource, soft: u64, hard: u64) -> io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};

    let most = getrlimit(resource).maximum.map_or(hard, |most| most.min(hard));
    // Told first also where there is less than is asked for.
    let soft = soft.min(if soft < hard { most.saturating_sub(1) } else { most });
    Ok(setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(most) })?)
}

#[cfg(target_os = "linux")]
fn tell(what: &str, done: io::Result<()>) {
    if let Err(error) = done {
        tracing::debug!("the process that compiles could not {what}: {error}");
    }
}
