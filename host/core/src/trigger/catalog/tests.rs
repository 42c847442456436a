use std::collections::BTreeSet;

use super::*;

/// `SystemTriggerType`, and the trigger classes and manifest tasks of UWP.
#[rustfmt::skip]
const UWP: [&str; 74] = [
    "Invalid",
    "SmsReceived",
    "UserPresent",
    "UserAway",
    "NetworkStateChange",
    "ControlChannelReset",
    "InternetAvailable",
    "SessionConnected",
    "ServicingComplete",
    "LockScreenApplicationAdded",
    "LockScreenApplicationRemoved",
    "TimeZoneChange",
    "OnlineIdConnectedStateChange",
    "BackgroundWorkCostChange",
    "PowerStateChange",
    "DefaultSignInAccountChange",
    "TimeTrigger",
    "MaintenanceTrigger",
    "ContentPrefetchTrigger",
    "ControlChannelTrigger",
    "ApplicationTrigger",
    "MediaProcessingTrigger",
    "DeviceUseTrigger",
    "DeviceServicingTrigger",
    "DeviceConnectionChangeTrigger",
    "DeviceWatcherTrigger",
    "DeviceManufacturerNotificationTrigger",
    "CustomSystemEventTrigger",
    "IoTStartupTask",
    "UpdateTask",
    "PushNotificationTrigger",
    "SocketActivityTrigger",
    "AppService",
    "BackgroundTransferCompletionGroupTrigger",
    "StorageLibraryContentChangedTrigger",
    "StorageLibraryChangeTrackerTrigger",
    "CachedFileUpdaterTrigger",
    "BluetoothLEAdvertisementPublisherTrigger",
    "BluetoothLEAdvertisementWatcherTrigger",
    "GattCharacteristicNotificationTrigger",
    "GattServiceProviderTrigger",
    "RfcommConnectionTrigger",
    "ActivitySensorTrigger",
    "SensorDataThresholdTrigger",
    "LocationTrigger",
    "GeovisitTrigger",
    "ToastNotificationActionTrigger",
    "ToastNotificationHistoryChangedTrigger",
    "UserNotificationChangedTrigger",
    "AppointmentStoreNotificationTrigger",
    "ContactStoreNotificationTrigger",
    "EmailStoreNotificationTrigger",
    "PhoneTrigger",
    "SmsMessageReceivedTrigger",
    "ChatMessageNotificationTrigger",
    "ChatMessageReceivedNotificationTrigger",
    "RcsEndUserMessageAvailableTrigger",
    "CommunicationBlockingAppSetAsActiveTrigger",
    "MobileBroadbandDeviceServiceNotificationTrigger",
    "MobileBroadbandPcoDataChangeTrigger",
    "MobileBroadbandPinLockStateChangeTrigger",
    "MobileBroadbandRadioStateChangeTrigger",
    "MobileBroadbandRegistrationStateChangeTrigger",
    "NetworkOperatorNotificationTrigger",
    "NetworkOperatorHotspotAuthenticationTrigger",
    "NetworkOperatorDataUsageTrigger",
    "TetheringEntitlementCheckTrigger",
    "WiFiOnDemandHotspotConnectTrigger",
    "WiFiOnDemandHotspotUpdateMetadataTrigger",
    "SmartCardTrigger",
    "SecondaryAuthenticationFactorAuthenticationTrigger",
    "PaymentAppCanMakePaymentTrigger",
    "ConversationalAgentTrigger",
    "AppBroadcastTrigger",
];

#[test]
fn every_trigger_of_uwp_is_in_it_once_and_nothing_else_is() {
    let listed: Vec<&str> = CATALOG.iter().filter_map(|entry| entry.uwp).collect();
    let unique: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), unique.len(), "a name is there twice");
    assert_eq!(unique, UWP.into_iter().collect());
    let spellings: BTreeSet<String> = listed.iter().map(|name| plain(name)).collect();
    assert_eq!(spellings.len(), listed.len(), "two names cannot be told apart");
}

#[test]
fn every_kind_and_every_event_is_built() {
    for kind in TriggerKind::ALL {
        let built = |entry: &&Entry| entry.here.as_str() == "built" && entry.here.kind() == Some(kind);
        assert!(CATALOG.iter().any(|entry| built(&entry)), "{kind}");
    }
    for event in SystemEvent::ALL {
        let of_it: Vec<_> = CATALOG.iter().filter(|entry| entry.here == Here::Event(event)).collect();
        assert_eq!(of_it.len(), 1, "{event}");
        // UWP's name and ours are the same, but for how they are written.
        assert_eq!(find(event.as_str()), of_it.first().copied());
    }
}

#[test]
fn what_is_supplied_has_a_topic_and_says_whether_each_counts() {
    for entry in &CATALOG {
        if let Here::Supplied { kind, topic, by } = entry.here {
            assert!(matches!(kind, TriggerKind::Signal | TriggerKind::Message), "{entry:?}");
            assert!(
                topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !by.is_empty(),
                "{entry:?}"
            );
        }
        assert_eq!(entry.here.written().is_none(), entry.here.as_str() == "refused", "{entry:?}");
    }
}

#[test]
fn a_name_is_found_however_it_is_written_and_others_are_not() {
    for name in ["SmsReceived", "sms-received", "SMS_RECEIVED"] {
        assert_eq!(find(name).and_then(|entry| entry.uwp), Some("SmsReceived"), "{name}");
    }
    for name in ["TimeTrigger", "time", "time-trigger"] {
        assert_eq!(find(name).and_then(|entry| entry.uwp), Some("TimeTrigger"), "{name}");
    }
    for name in ["", "trigger", "cron", "tiem", &"t".repeat(10_000)] {
        assert_eq!(find(name), None, "{name}");
    }
}

#[test]
fn registering_what_is_not_built_says_what_to_do_instead() {
    let error = "SmsReceived".parse::<SystemEvent>().unwrap_err().to_string();
    assert!(error.contains("UWP's SmsReceived is not seen by this version"), "{error}");
    assert!(error.ends_with("can raise it: write `message = \"sms-received\"`"), "{error}");
    let error = "DeviceUseTrigger".parse::<TriggerKind>().unwrap_err().to_string();
    assert!(
        error.contains("UWP's DeviceUseTrigger is not here: no device is given into a sandbox; use"),
        "{error}"
    );
    let error = "TimeTrigger".parse::<TriggerKind>().unwrap_err().to_string();
    assert!(error.ends_with("UWP's TimeTrigger is written `every = \"15m\"`"), "{error}");
    let error = "InternetAvailable".parse::<SystemEvent>().unwrap_err().to_string();
    assert!(
        error.ends_with("UWP's InternetAvailable is written `system = \"internet-available\"`"),
        "{error}"
    );
    let error = "nonsense".parse::<SystemEvent>().unwrap_err().to_string();
    assert!(!error.contains("UWP"), "{error}");
}
