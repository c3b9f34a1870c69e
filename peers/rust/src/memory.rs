//! The memory of this process as the system reports it, in bytes. 0 where the system does not report it.

use std::fs;

/// The memory of the process in RAM.
pub fn resident() -> u64 {
    status("VmRSS:")
}

/// The peak memory of the process in RAM.
pub fn peak() -> u64 {
    status("VmHWM:")
}

fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = value.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}
