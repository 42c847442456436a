//! Where the facts are found.

use std::path::PathBuf;

/// Where the facts are found. The default is right for every ordinary machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SystemConfig {
    /// The address of the system bus. `None`: `DBUS_SYSTEM_BUS_ADDRESS` if that is set, else where D-Bus puts it.
    pub bus: Option<String>,
    /// What says which zone local time is in: a file of zone data, most often a link to one.
    pub localtime: PathBuf,
    /// The folder in which the kernel lists batteries and adapters.
    pub power_supply: PathBuf,
    /// The folder in which the kernel tells how much work waits.
    pub pressure: PathBuf,
}

impl Default for SystemConfig {
    fn default() -> Self {
        Self {
            bus: None,
            localtime: PathBuf::from("/etc/localtime"),
            power_supply: PathBuf::from("/sys/class/power_supply"),
            pressure: PathBuf::from("/proc/pressure"),
        }
    }
}
