//! Memory that the process has in use.

use crate::parent::Memory;

pub fn in_use() -> Memory {
    Memory {
        heap: allocated(),
        rss: peers::memory::resident(),
    }
}

/// Bytes that the program has allocated and not freed. The rest goes back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn allocated() -> u64 {
    // SAFETY: both functions take no pointers, and may be called at any time.
    let allocated = unsafe {
        libc::malloc_trim(0);
        libc::mallinfo2()
    };
    (allocated.uordblks + allocated.hblkhd) as u64
}

/// The allocators of other systems do not report it.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn allocated() -> u64 {
    0
}
