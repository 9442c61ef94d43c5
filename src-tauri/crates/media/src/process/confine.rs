//! Lowest needed rights: resource limits, priority, and Landlock where the kernel has it.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError,
};
use rustix::process::{Resource, Rlimit, Signal, setrlimit};

use crate::{
    task::Limits,
    types::{MediaCode, MediaError},
};

/// Folders with libraries, fonts and devices that FFmpeg and the C library may read.
const SYSTEM: [&str; 7] = ["/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev"];

/// Confines this process for the rest of its life.
pub(super) fn confine(limits: &Limits) -> Result<(), MediaError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        MediaError::new(MediaCode::Internal, format!("the worker could not be confined ({what}): {error}"))
    };
    // The engine's death ends the worker at once; closing standard input is the portable second way.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(|e| failed("parent", &e))?;
    let hard = |bytes: u64| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, hard(0)).map_err(|e| failed("core", &e))?;
    if limits.memory_bytes > 0 {
        setrlimit(Resource::As, hard(limits.memory_bytes)).map_err(|e| failed("memory", &e))?;
    }
    if limits.file_bytes > 0 {
        setrlimit(Resource::Fsize, hard(limits.file_bytes)).map_err(|e| failed("file size", &e))?;
    }
    if limits.nice > 0 {
        rustix::process::nice(limits.nice).map_err(|e| failed("priority", &e))?;
    }
    fence(limits).map_err(|e| failed("Landlock", &e))
}

/// Reads only system folders and the given paths, writes only below the given folders. Kernels without
/// Landlock go without: the allow-lists for protocols and demuxers still hold.
fn fence(limits: &Limits) -> Result<(), RulesetError> {
    if limits.readable.is_empty() && limits.writable.is_empty() {
        return Ok(());
    }
    let abi = ABI::V3;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .create()?;
    let read = AccessFs::from_read(abi);
    let all = AccessFs::from_all(abi);
    let readable = SYSTEM
        .iter()
        .map(|p| (Path::new(*p), read))
        .chain(limits.readable.iter().map(|p| (p.as_path(), read)));
    let writable = limits.writable.iter().map(|p| (p.as_path(), all));
    for (path, access) in readable.chain(writable) {
        // A path that is not there needs no rule; the task itself reports what it misses.
        let Ok(fd) = PathFd::new(path) else { continue };
        let access = if path.is_dir() { access } else { access & AccessFs::from_file(abi) };
        rules = rules.add_rule(PathBeneath::new(fd, access))?;
    }
    rules.restrict_self()?;
    Ok(())
}
