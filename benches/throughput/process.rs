//! What the operating system says that this process costs; nothing, where it is not Linux.

use std::fs;
use std::time::Duration;

/// The time on processors, of all threads and in the kernel, to a hundredth of a second.
pub(crate) fn cpu_time() -> Option<Duration> {
    /// `USER_HZ` of every Linux that is in use.
    const TICKS_PER_S: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may be anything, but ends with the last parenthesis; then comes field 3.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some(Duration::from_secs_f64(f64::from(user + system) / TICKS_PER_S))
}

/// The memory that is resident, in bytes.
pub(crate) fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}
