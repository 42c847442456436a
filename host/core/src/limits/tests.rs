use super::*;
use crate::trigger::TriggerKind;

fn wall(secs: u64) -> LimitsRequest {
    LimitsRequest { wall: Some(Duration::from_secs(secs)), ..LimitsRequest::default() }
}

fn classed(class: Class) -> LimitsRequest {
    LimitsRequest { class: Some(class), ..LimitsRequest::default() }
}

#[test]
fn the_trigger_kind_picks_the_class_and_the_registration_may_change_it() {
    let max = Limits::host_max();
    let of = |request: LimitsRequest, kind| request.resolve(kind, &max).map(|l| l.wall.as_secs());
    assert_eq!(of(LimitsRequest::default(), TriggerKind::Time), Ok(25));
    assert_eq!(of(LimitsRequest::default(), TriggerKind::Application), Ok(600));
    assert_eq!(of(classed(Class::Long), TriggerKind::Time), Ok(600));
    assert_eq!(of(wall(3), TriggerKind::Time), Ok(3));
    let class = |request: LimitsRequest| request.class_within(TriggerKind::Time, &max);
    assert_eq!(class(wall(3)), Class::Default);
    assert_eq!(class(classed(Class::Maintenance)), Class::Maintenance);
    assert_eq!(class(classed(Class::Unlimited)), Class::Default, "it is not granted");
}

#[test]
fn a_figure_above_the_hosts_is_refused_by_name_and_a_class_above_it_is_cut() {
    let max = Limits { wall: Duration::from_secs(10), ..Limits::host_max() };
    let cut = LimitsRequest::default().resolve(TriggerKind::Time, &max).map(|l| l.wall);
    assert_eq!(cut, Ok(Duration::from_secs(10)));
    let error = wall(11).resolve(TriggerKind::Time, &max).unwrap_err();
    assert_eq!(error.to_string(), "limit `wall` asks for 11s, above the host's maximum of 10s");
    assert_eq!(wall(11).within(TriggerKind::Time, &max).wall, Duration::from_secs(10));
}

#[test]
fn where_less_is_more_the_hosts_figure_is_the_least() {
    let often = LimitsRequest { progress_every: Some(Duration::from_millis(1)), ..LimitsRequest::default() };
    let error = often.resolve(TriggerKind::Time, &Limits::host_max()).unwrap_err();
    assert_eq!(error.to_string(), "limit `progress-every` asks for 1ms, below the host's minimum of 10ms");
    let seldom = LimitsRequest { progress_every: Some(Duration::from_secs(9)), ..LimitsRequest::default() };
    let resolved = seldom.resolve(TriggerKind::Time, &Limits::host_max()).unwrap();
    assert_eq!(resolved.progress_every, Duration::from_secs(9));
}

#[test]
fn the_nearer_level_decides_and_a_figure_of_any_level_is_before_the_class() {
    let memory = LimitsRequest { memory_bytes: Some(7), ..LimitsRequest::default() };
    let (registration, app) = (wall(1), LimitsRequest { class: Some(Class::Long), ..wall(2) });
    let host = LimitsRequest { cpu: Some(Duration::from_secs(3)), ..memory };
    let limits = registration.or(&app).or(&host).resolve(TriggerKind::Time, &Limits::host_max()).unwrap();
    assert_eq!((limits.wall, limits.cpu), (Duration::from_secs(1), Duration::from_secs(3)));
    assert_eq!((limits.memory_bytes, limits.grace), (7, Class::Long.limits().grace));
    assert_eq!(app.or(&host).resolve(TriggerKind::Time, &Limits::host_max()).unwrap().wall.as_secs(), 2);
}

/// Something that can be asked for of each limit, as it is written.
fn some(key: &str) -> &'static str {
    match key {
        "memory" | "output" | "hostcall-bytes" | "random-bytes" | "http-fields-bytes" => "65537",
        "instances" | "deferrals" | "handles" => "3",
        _ => "1.5s",
    }
}

#[test]
fn every_limit_can_be_asked_for_by_its_key_and_is_what_then_holds() {
    for key in LimitsRequest::KEYS {
        let mut request = LimitsRequest::default();
        request.set(key, some(key)).unwrap();
        assert_eq!(request.written(), [(*key, some(key).to_owned())]);
        let limits = request.resolve(TriggerKind::Time, &Limits::unbounded()).unwrap();
        assert_ne!(limits, Class::Default.limits(), "{key}");
        let stored: LimitsRequest = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(stored, request);

        let mut max = Limits::host_max();
        max.set(key, some(key)).unwrap();
        assert_eq!(request.check(&max), Ok(()), "{key}: the maximum itself");
        for refused in ["", "0", "0s", "-1", "1 parsec"] {
            let error = request.set(key, refused).unwrap_err();
            assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
        }
    }
    // Each field of the struct has a key, and `untimed` is the class's.
    let fields = serde_json::to_value(Limits::host_max()).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), LimitsRequest::KEYS.len() + 1);
}

#[test]
fn nothing_is_above_a_maximum_by_any_key() {
    for key in LimitsRequest::KEYS {
        let (mut little, mut request) = (Limits::unbounded(), LimitsRequest::default());
        let (host, asked) = match some(key) {
            "1.5s" if *key == "progress-every" => ("2s", "1s"),
            "1.5s" => ("1s", "2s"),
            _ => ("1", "2"),
        };
        little.set(key, host).unwrap();
        request.set(key, asked).unwrap();
        let error = request.resolve(TriggerKind::Time, &little).unwrap_err();
        assert!(error.to_string().starts_with(&format!("limit `{key}` asks for")), "{error}");
        let cut = serde_json::to_value(request.within(TriggerKind::Time, &little)).unwrap();
        request.set(key, host).unwrap();
        assert_eq!(cut, serde_json::to_value(request.within(TriggerKind::Time, &little)).unwrap());
    }
}

#[test]
fn zero_is_refused_by_name() {
    let request = LimitsRequest { wall: Some(Duration::ZERO), ..LimitsRequest::default() };
    let refused = request.resolve(TriggerKind::Time, &Limits::host_max());
    assert_eq!(refused, Err(LimitsError::Zero { field: "wall" }));
    let request = LimitsRequest { deferrals: Some(0), ..LimitsRequest::default() };
    let refused = request.resolve(TriggerKind::Time, &Limits::host_max());
    assert_eq!(refused, Err(LimitsError::Zero { field: "deferrals" }));
}

#[test]
fn what_is_unknown_is_refused_with_what_there_is() {
    let mut request = LimitsRequest::default();
    let error = request.set("speed", "1s").unwrap_err().to_string();
    assert!(error.contains("\"speed\"") && error.contains("class, wall, cpu, "), "{error}");
    let error = request.set("class", "best").unwrap_err().to_string();
    assert!(error.contains("default, device-use, long, maintenance, unlimited"), "{error}");
    let long = "x".repeat(1 << 20);
    assert!(request.set(&long, "1").unwrap_err().to_string().len() < 500);
    assert!(request.set("wall", &long).unwrap_err().to_string().len() < 500);
}

#[test]
fn the_unlimited_class_is_the_operators_to_grant() {
    // UWP-103.
    let asked = classed(Class::Unlimited);
    let mut max = Limits::host_max();
    let refused = asked.resolve(TriggerKind::Time, &max);
    assert_eq!(refused, Err(LimitsError::NotGranted { class: Class::Unlimited }));
    assert_eq!(asked.within(TriggerKind::Time, &max), Class::Default.limits(), "not granted any more");
    assert!(matches!(max.set("class", "long"), Err(LimitsError::MaxOfClass { class: Class::Long })));
    max.set("class", "unlimited").unwrap();
    let limits = asked.resolve(TriggerKind::Time, &max).unwrap();
    assert!(limits.untimed);
    assert_eq!(limits.memory_bytes, Class::Default.limits().memory_bytes, "memory is never lifted");
    assert_eq!(limits.cpu, max.cpu, "and CPU time is the host's");
}

#[test]
fn device_use_has_the_figures_of_its_policy() {
    // UWP-101, UWP-102.
    let limits = Class::DeviceUse.limits();
    assert_eq!(limits.wall, Duration::from_secs(600));
    assert_eq!(
        (limits.cpu_per_minute, limits.io_every),
        (Duration::from_millis(400), Duration::from_secs(5))
    );
    for class in [Class::Default, Class::Long, Class::Maintenance, Class::Unlimited] {
        let limits = class.limits();
        assert_eq!((limits.cpu_per_minute, limits.io_every), (Duration::MAX, Duration::MAX), "{class}");
    }
}
