//! UWP's triggers, all of them, and what each is here: built, supplied by an embedder, or refused with a reason.
//! Nothing that a program for UWP may ask for is silently inert (UWP-060).

use std::fmt;

use super::{SystemEvent, TriggerKind};

/// One of UWP's triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// UWP's name for it; none for what only Dormouse has.
    pub uwp: Option<&'static str>,
    /// What it is about: `system event`, `time`, `bluetooth` and so on.
    pub family: &'static str,
    /// What it is here.
    pub here: Here,
}

/// What one of UWP's triggers is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// A trigger of this kind.
    Built {
        /// Which.
        kind: TriggerKind,
        /// How a manifest has it.
        written: &'static str,
    },
    /// A trigger of the kind [`TriggerKind::System`], on this event.
    Event(SystemEvent),
    /// A trigger of the kind [`TriggerKind::Signal`] or [`TriggerKind::Message`]: whoever knows of it raises it on a
    /// topic.
    Supplied {
        /// Which of the two: whether the newest counts, or each.
        kind: TriggerKind,
        /// A topic for it.
        topic: &'static str,
        /// Who knows of it.
        by: &'static str,
    },
    /// Nothing.
    Refused {
        /// Why.
        reason: &'static str,
        /// What to use instead.
        instead: &'static str,
    },
}

impl Here {
    /// `built`, `supplied` or `refused`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Built { .. } | Self::Event(_) => "built",
            Self::Supplied { .. } => "supplied",
            Self::Refused { .. } => "refused",
        }
    }

    /// The kind of trigger that stands for it; none if nothing does.
    #[must_use]
    pub const fn kind(self) -> Option<TriggerKind> {
        match self {
            Self::Built { kind, .. } | Self::Supplied { kind, .. } => Some(kind),
            Self::Event(_) => Some(TriggerKind::System),
            Self::Refused { .. } => None,
        }
    }

    /// How a manifest has it; none if it cannot have it.
    #[must_use]
    pub fn written(self) -> Option<String> {
        match self {
            Self::Built { written, .. } => Some(written.to_owned()),
            Self::Event(event) => Some(format!("system = \"{event}\"")),
            Self::Supplied { kind, topic, .. } => Some(format!("{kind} = \"{topic}\"")),
            Self::Refused { .. } => None,
        }
    }
}

/// How it is had here, in half a sentence that follows UWP's name.
impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.written()) {
            (Self::Supplied { by, .. }, Some(written)) => {
                write!(f, "is not seen by this version; {by} can raise it: write `{written}`")
            }
            (Self::Refused { reason, instead }, _) => write!(f, "is not here: {reason}; use {instead}"),
            (_, written) => write!(f, "is written `{}`", written.unwrap_or_default()),
        }
    }
}

/// The entry of one of UWP's triggers: `SmsReceived`, `sms-received`, `TimeTrigger`, `time trigger`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    // What is refused has no limit yet; no trigger has so long a name.
    if name.len() > 128 {
        return None;
    }
    let wanted = plain(name);
    CATALOG.iter().find(|entry| entry.uwp.is_some_and(|uwp| plain(uwp) == wanted))
}

/// What is the same in all spellings of a name.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    let name: String = letters.collect();
    name.strip_suffix("trigger").map(str::to_owned).unwrap_or(name)
}

/// What the catalog adds to the message about `name`, which is none of ours.
pub(super) fn advice(name: &str) -> String {
    match find(name) {
        Some(Entry { uwp: Some(uwp), here, .. }) => format!("; UWP's {uwp} {here}"),
        _ => String::new(),
    }
}

const fn built(family: &'static str, uwp: &'static str, kind: TriggerKind, written: &'static str) -> Entry {
    Entry { uwp: Some(uwp), family, here: Here::Built { kind, written } }
}

const fn event(uwp: &'static str, event: SystemEvent) -> Entry {
    Entry { uwp: Some(uwp), family: SYSTEM, here: Here::Event(event) }
}

/// The newest counts.
const fn signal(family: &'static str, uwp: &'static str, topic: &'static str, by: &'static str) -> Entry {
    Entry { uwp: Some(uwp), family, here: Here::Supplied { kind: TriggerKind::Signal, topic, by } }
}

/// Each counts.
const fn message(family: &'static str, uwp: &'static str, topic: &'static str, by: &'static str) -> Entry {
    Entry { uwp: Some(uwp), family, here: Here::Supplied { kind: TriggerKind::Message, topic, by } }
}

const fn refused(
    family: &'static str,
    uwp: &'static str,
    reason: &'static str,
    instead: &'static str,
) -> Entry {
    Entry { uwp: Some(uwp), family, here: Here::Refused { reason, instead } }
}

const SYSTEM: &str = "system event";
const TIME: &str = "time";
const APP: &str = "app";
const DEVICE: &str = "device";
const NETWORK: &str = "network";
const STORAGE: &str = "storage";
const BLUETOOTH: &str = "bluetooth";
const PLACE: &str = "sensors and place";
const NOTIFICATION: &str = "notifications";
const PERSONAL: &str = "personal stores";
const TELEPHONY: &str = "telephony and chat";
const OPERATOR: &str = "operator and modem";
const WIFI: &str = "wi-fi hotspot";
const IDENTITY: &str = "identity and others";

const BLUEZ: &str = "a program that speaks to BlueZ";
const SENSORS: &str = "a program that reads the sensors";
const DESKTOP: &str = "a program of the desktop";
const STORES: &str = "the program that keeps the store";
const MODEM: &str = "a program that speaks to ModemManager";
const ACCOUNTS: &str = "the program that manages accounts";
const DEVICES: &str = "a program that watches devices";

/// Every value of `SystemTriggerType` and every trigger class, and what only Dormouse has.
#[rustfmt::skip]
pub const CATALOG: [Entry; 75] = [
    refused(SYSTEM, "Invalid", "it never fires, and UWP refuses it as well", "the name of an event"),
    message(SYSTEM, "SmsReceived", "sms-received", MODEM),
    event("UserPresent", SystemEvent::UserPresent),
    event("UserAway", SystemEvent::UserAway),
    event("NetworkStateChange", SystemEvent::NetworkStateChange),
    refused(SYSTEM, "ControlChannelReset", "the host keeps its sockets itself, and nothing resets them", "`listen = \"ADDRESS\"`"),
    event("InternetAvailable", SystemEvent::InternetAvailable),
    event("SessionConnected", SystemEvent::SessionConnected),
    event("ServicingComplete", SystemEvent::ServicingComplete),
    refused(SYSTEM, "LockScreenApplicationAdded", "no app has a place on a lock screen, and none needs one to run", "the app's access status"),
    refused(SYSTEM, "LockScreenApplicationRemoved", "no app has a place on a lock screen, and none needs one to run", "the app's access status"),
    event("TimeZoneChange", SystemEvent::TimeZoneChange),
    signal(SYSTEM, "OnlineIdConnectedStateChange", "online-id-connected-state-change", ACCOUNTS),
    event("BackgroundWorkCostChange", SystemEvent::BackgroundWorkCostChange),
    event("PowerStateChange", SystemEvent::PowerStateChange),
    signal(SYSTEM, "DefaultSignInAccountChange", "default-sign-in-account-change", ACCOUNTS),

    built(TIME, "TimeTrigger", TriggerKind::Time, "every = \"15m\""),
    built(TIME, "MaintenanceTrigger", TriggerKind::Maintenance, "maintenance = \"1h\""),
    Entry { uwp: None, family: TIME, here: Here::Built { kind: TriggerKind::Cron, written: "cron = \"0 * * * *\"" } },
    refused(TIME, "ContentPrefetchTrigger", "the host does not guess when content will be wanted", "`every = \"1h\"` with the condition `free-network-available`"),

    built(APP, "ApplicationTrigger", TriggerKind::Application, "application = true"),
    built(APP, "MediaProcessingTrigger", TriggerKind::Application, "application = true"),
    built(APP, "CustomSystemEventTrigger", TriggerKind::Signal, "signal = \"TOPIC\""),
    built(APP, "UpdateTask", TriggerKind::System, "update-task = \"ENTRY-POINT\""),
    refused(APP, "AppService", "somebody waits for its answer, and a trigger has none", "`application = true`, and read the completion"),
    signal(DEVICE, "IoTStartupTask", "startup", "the program that starts with the device"),
    refused(DEVICE, "DeviceUseTrigger", "no device is given into a sandbox", "`message = \"TOPIC\"`, raised by the program that has the device"),
    refused(DEVICE, "DeviceServicingTrigger", "no device is given into a sandbox", "`message = \"TOPIC\"`, raised by the program that has the device"),
    signal(DEVICE, "DeviceConnectionChangeTrigger", "device-connection-change", DEVICES),
    signal(DEVICE, "DeviceWatcherTrigger", "device-watcher", DEVICES),
    signal(DEVICE, "DeviceManufacturerNotificationTrigger", "device-manufacturer-notification", DEVICES),

    built(NETWORK, "PushNotificationTrigger", TriggerKind::Message, "message = \"TOPIC\""),
    built(NETWORK, "SocketActivityTrigger", TriggerKind::Socket, "listen = \"127.0.0.1:8080\""),
    refused(NETWORK, "ControlChannelTrigger", "the host keeps connections that come in, and makes none", "`listen = \"ADDRESS\"` with `keep-alive`, or `message = \"TOPIC\"`"),
    message(NETWORK, "BackgroundTransferCompletionGroupTrigger", "background-transfer-completion", "the program that transfers"),
    built(STORAGE, "StorageLibraryContentChangedTrigger", TriggerKind::Filesystem, "directory = \"/pictures\""),
    built(STORAGE, "StorageLibraryChangeTrackerTrigger", TriggerKind::Filesystem, "directory = \"/pictures\""),
    message(STORAGE, "CachedFileUpdaterTrigger", "cached-file-updater", "the program that provides the files"),

    message(BLUETOOTH, "BluetoothLEAdvertisementPublisherTrigger", "bluetooth-le-advertisement-publisher", BLUEZ),
    message(BLUETOOTH, "BluetoothLEAdvertisementWatcherTrigger", "bluetooth-le-advertisement-watcher", BLUEZ),
    message(BLUETOOTH, "GattCharacteristicNotificationTrigger", "gatt-characteristic-notification", BLUEZ),
    message(BLUETOOTH, "GattServiceProviderTrigger", "gatt-service-provider", BLUEZ),
    message(BLUETOOTH, "RfcommConnectionTrigger", "rfcomm-connection", BLUEZ),

    message(PLACE, "ActivitySensorTrigger", "activity-sensor", SENSORS),
    message(PLACE, "SensorDataThresholdTrigger", "sensor-data-threshold", SENSORS),
    message(PLACE, "LocationTrigger", "location", "a program that speaks to GeoClue"),
    message(PLACE, "GeovisitTrigger", "geovisit", "a program that speaks to GeoClue"),

    message(NOTIFICATION, "ToastNotificationActionTrigger", "toast-notification-action", DESKTOP),
    signal(NOTIFICATION, "ToastNotificationHistoryChangedTrigger", "toast-notification-history-changed", DESKTOP),
    signal(NOTIFICATION, "UserNotificationChangedTrigger", "user-notification-changed", DESKTOP),

    signal(PERSONAL, "AppointmentStoreNotificationTrigger", "appointment-store-notification", STORES),
    signal(PERSONAL, "ContactStoreNotificationTrigger", "contact-store-notification", STORES),
    signal(PERSONAL, "EmailStoreNotificationTrigger", "email-store-notification", STORES),

    message(TELEPHONY, "PhoneTrigger", "phone", MODEM),
    message(TELEPHONY, "SmsMessageReceivedTrigger", "sms-received", MODEM),
    message(TELEPHONY, "ChatMessageNotificationTrigger", "chat-message-notification", "the program that chats"),
    message(TELEPHONY, "ChatMessageReceivedNotificationTrigger", "chat-message-received", "the program that chats"),
    message(TELEPHONY, "RcsEndUserMessageAvailableTrigger", "rcs-end-user-message-available", MODEM),
    signal(TELEPHONY, "CommunicationBlockingAppSetAsActiveTrigger", "communication-blocking-app-set-as-active", DESKTOP),

    message(OPERATOR, "MobileBroadbandDeviceServiceNotificationTrigger", "mobile-broadband-device-service", MODEM),
    signal(OPERATOR, "MobileBroadbandPcoDataChangeTrigger", "mobile-broadband-pco-data-change", MODEM),
    signal(OPERATOR, "MobileBroadbandPinLockStateChangeTrigger", "mobile-broadband-pin-lock-state-change", MODEM),
    signal(OPERATOR, "MobileBroadbandRadioStateChangeTrigger", "mobile-broadband-radio-state-change", MODEM),
    signal(OPERATOR, "MobileBroadbandRegistrationStateChangeTrigger", "mobile-broadband-registration-state-change", MODEM),
    message(OPERATOR, "NetworkOperatorNotificationTrigger", "network-operator-notification", MODEM),
    refused(OPERATOR, "NetworkOperatorHotspotAuthenticationTrigger", "somebody waits for its answer, and a trigger has none", "the condition `internet-available`"),
    signal(OPERATOR, "NetworkOperatorDataUsageTrigger", "network-operator-data-usage", "a program that counts traffic"),
    refused(OPERATOR, "TetheringEntitlementCheckTrigger", "somebody waits for its answer, and a trigger has none", "a program of its own beside the host"),

    refused(WIFI, "WiFiOnDemandHotspotConnectTrigger", "this machine offers no hotspots on demand", "the system event `network-state-change`"),
    refused(WIFI, "WiFiOnDemandHotspotUpdateMetadataTrigger", "this machine offers no hotspots on demand", "the system event `network-state-change`"),

    message(IDENTITY, "SmartCardTrigger", "smart-card", "a program that speaks to pcscd"),
    refused(IDENTITY, "SecondaryAuthenticationFactorAuthenticationTrigger", "somebody waits for its answer, and a trigger has none", "a program of its own beside the host"),
    refused(IDENTITY, "PaymentAppCanMakePaymentTrigger", "somebody waits for its answer, and a trigger has none", "a program of its own beside the host"),
    message(IDENTITY, "ConversationalAgentTrigger", "conversational-agent", DESKTOP),
    message(IDENTITY, "AppBroadcastTrigger", "app-broadcast", DESKTOP),
];

#[cfg(test)]
mod tests;
