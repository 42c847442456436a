//! The kernel's notices of devices.

use std::io;

use rtnetlink::sys::protocols::NETLINK_KOBJECT_UEVENT;
use rtnetlink::sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket};

/// The group in which the kernel itself tells; udev tells in another.
const KERNEL_GROUP: u32 = 1;

/// Notices of one kind of device.
pub(crate) struct Uevents {
    socket: TokioSocket,
    subsystem: &'static str,
}

impl Uevents {
    /// From now on hears of devices of `subsystem`.
    ///
    /// # Errors
    ///
    /// The operating system's: most often that sandboxes do not hear of devices.
    pub(crate) fn open(subsystem: &'static str) -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_KOBJECT_UEVENT)?;
        socket.socket_mut().bind(&SocketAddr::new(0, KERNEL_GROUP))?;
        Ok(Self { socket, subsystem })
    }

    /// Waits for the next notice. It may come without a change.
    ///
    /// # Errors
    ///
    /// The operating system's. No more notices come then.
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        loop {
            match self.socket.recv_from_full().await {
                // Port 0 is the kernel; other programs may say what they like.
                Ok((packet, from)) if from.port_number() == 0 && is_of(&packet, self.subsystem) => {
                    return Ok(());
                }
                Ok(_) => {}
                // Some were lost: one of them may have been ours.
                Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error()) => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A notice is `action@path`, and fields `KEY=value`, each with a zero byte at its end.
fn is_of(packet: &[u8], subsystem: &str) -> bool {
    packet
        .split(|&byte| byte == 0)
        .any(|field| field.strip_prefix(b"SUBSYSTEM=") == Some(subsystem.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_of_its_subsystem_and_no_other() {
        let packet =
            b"change@/devices/AC\0ACTION=change\0DEVPATH=/devices/AC\0SUBSYSTEM=power_supply\0SEQNUM=7\0";
        assert!(is_of(packet, "power_supply"));
        assert!(!is_of(packet, "power"));
        assert!(!is_of(b"change@/devices/AC\0ACTION=change\0X=SUBSYSTEM=power_supply\0", "power_supply"));
        assert!(!is_of(b"", "power_supply"));
    }
}
