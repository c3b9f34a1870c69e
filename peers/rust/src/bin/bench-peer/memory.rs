//! Memory that the process has in use.

use std::fs;

use crate::parent::Memory;

pub fn in_use() -> Memory {
    Memory {
        heap: allocated(),
        rss: resident(),
    }
}

/// What the program has allocated and not freed; the rest goes back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn allocated() -> u64 {
    // SAFETY: both take no pointers, and may be called at any time.
    let allocated = unsafe {
        libc::malloc_trim(0);
        libc::mallinfo2()
    };
    (allocated.uordblks + allocated.hblkhd) as u64
}

/// Other systems' allocators do not say.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn allocated() -> u64 {
    0
}

/// 0 where the system has no /proc.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    kibibytes.unwrap_or(0) * 1024
}
