//! What the system says about the memory of this process, in bytes; 0 where it does not say.

use std::fs;

/// What the process has in memory.
pub fn resident() -> u64 {
    status("VmRSS:")
}

/// The most that the process has had in memory.
pub fn peak() -> u64 {
    status("VmHWM:")
}

fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = value.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
