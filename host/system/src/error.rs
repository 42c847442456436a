//! Why a machine is not followed at all.

/// Why [`System::start`](crate::System::start) did not. A service that is not there is no error.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SystemError {
    /// There is no tokio runtime to follow the machine on.
    #[error("the machine is followed on a tokio runtime: call `System::start` from within one")]
    NoRuntime,
    /// The system bus cannot be at this address, now or later.
    #[error(
        "`{address}` is no address of a D-Bus: {why}; write one such as `unix:path=/run/dbus/system_bus_socket`"
    )]
    BusAddress {
        /// As it was given, or set in `DBUS_SYSTEM_BUS_ADDRESS`.
        address: String,
        /// What is wrong with it.
        why: String,
    },
}
