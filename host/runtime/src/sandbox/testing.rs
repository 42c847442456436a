//! For the tests of this crate: a port that remembers what it was told, and guests of a few lines.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dormouse_core::event::Stream;
use dormouse_core::registration::RegistrationRecord;
use dormouse_core::run::{DeferralError, Throttle};
use dormouse_core::{
    AccessStatus, ApplicationTriggerResult, Condition, RegistrationError, RegistrationId, TaskBuilder,
    TaskFailure, Timestamp, TriggerDetails,
};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::engine::{Engine, EngineConfig, Pooling};
use crate::host::{HostError, IfExists};

use super::port::{ActivationInfo, AppPort, Denial, RunPort, SocketAsk, SocketError, TimeLeft, Told};
use super::registrations::Registrations;
use dormouse_core::WorkCost;

/// A component of world `task-sync` whose `run` is the core function `run` of the core module `module`.
///
/// `run` takes a handle and answers where its result lies in the memory `memory`: a zero byte there is ok.
pub(crate) fn task(module: &str) -> Vec<u8> {
    let error = r#"(variant (case "failed" string) (case "retry-after-ms" u32))"#;
    let text = format!(
        r#"(component
            (import "dormouse:background/instance@0.1.0" (instance $instance
                (export "background-task-instance" (type (sub resource)))))
            (alias export $instance "background-task-instance" (type $handle))
            {module}
            (core instance $core (instantiate $module))
            (type $error {error})
            (func $run (param "instance" (own $handle)) (result (result (error $error)))
                (canon lift (core func $core "run") (memory (core memory $core "memory"))))
            (component $export
                (import "handle" (type $handle (sub resource)))
                (type $error-type {error})
                (import "error" (type $error (eq $error-type)))
                (import "run" (func $run (param "instance" (own $handle)) (result (result (error $error)))))
                (export $handle-out "background-task-instance" (type $handle))
                (export $error-out "task-error" (type $error))
                (export "run" (func $run)
                    (func (param "instance" (own $handle-out)) (result (result (error $error-out))))))
            (instance $task (instantiate $export
                (with "handle" (type $handle)) (with "error" (type $error)) (with "run" (func $run))))
            (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))"#
    );
    wat(&text)
}

/// The binary form of a text that a test holds.
pub(crate) fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// An engine that is made fast and reserves nothing.
pub(crate) fn engine() -> Engine {
    let config = EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() };
    Engine::new(&config).expect("an engine")
}

/// What a [`FakePort`] was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) denials: Vec<Denial>,
    pub(crate) returned: Option<Result<(), TaskFailure>>,
    pub(crate) nothing_left: bool,
    pub(crate) deferrals_taken: u32,
    pub(crate) deferrals_completed: u32,
    pub(crate) progress: u32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) refused: Vec<(u64, u64)>,
    /// Of the life of an app.
    pub(crate) said: Vec<String>,
}

/// A run without rules.
#[derive(Debug, Default)]
pub(crate) struct FakePort {
    heard: Mutex<Heard>,
}

impl FakePort {
    pub(crate) fn heard(&self) -> Heard {
        self.lock().clone()
    }

    /// Writes down something about the life of an app.
    pub(crate) fn said(&self, what: String) {
        self.lock().said.push(what);
    }

    /// What was written down since it was asked last.
    pub(crate) fn take_said(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().said)
    }

    pub(crate) fn denials(&self) -> Vec<Denial> {
        self.lock().denials.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An app with no registrations, on a host that stops.
impl Registrations for FakePort {
    fn listed(&self, _: Option<&str>) -> Vec<RegistrationRecord> {
        Vec::new()
    }

    fn groups(&self) -> Vec<String> {
        Vec::new()
    }

    fn validate(&self, _: &TaskBuilder) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        Ok(Vec::new())
    }

    fn register(
        &self,
        _: TaskBuilder,
        _: IfExists,
    ) -> BoxFuture<'static, Result<RegistrationRecord, HostError>> {
        std::future::ready(Err(HostError::Stopping)).boxed()
    }

    fn unregister(&self, _: RegistrationId, _: bool) -> BoxFuture<'static, Result<bool, HostError>> {
        std::future::ready(Ok(false)).boxed()
    }

    fn access(&self) -> AccessStatus {
        AccessStatus::AlwaysAllowed
    }

    fn request_access(&self) -> BoxFuture<'static, Result<AccessStatus, HostError>> {
        std::future::ready(Err(HostError::Stopping)).boxed()
    }

    fn remove_access(&self) -> BoxFuture<'static, Result<(), HostError>> {
        std::future::ready(Err(HostError::Stopping)).boxed()
    }

    fn request(&self, _: Option<RegistrationId>, _: Vec<u8>) -> BoxFuture<'static, ApplicationTriggerResult> {
        std::future::ready(ApplicationTriggerResult::DisabledByPolicy).boxed()
    }
}

impl RunPort for FakePort {
    fn activation(&self) -> ActivationInfo {
        ActivationInfo {
            instance_id: "run".to_owned(),
            registration_id: "registration".to_owned(),
            name: "name".to_owned(),
            app: "app".to_owned(),
            attempt: 1,
            coalesced: 1,
            scheduled_for: None,
            fired_at: Timestamp::EPOCH,
        }
    }

    fn details(&self) -> TriggerDetails {
        TriggerDetails::None
    }

    fn accept_changes(&self) {}

    fn socket(&self, _: &str, _: SocketAsk) -> Result<(), SocketError> {
        Err(SocketError::NotOwned)
    }

    fn take_deferral(&self) -> Result<(), DeferralError> {
        self.lock().deferrals_taken += 1;
        Ok(())
    }

    fn complete_deferral(&self) {
        self.lock().deferrals_completed += 1;
    }

    fn progress(&self) -> u32 {
        self.lock().progress
    }

    fn set_progress(&self, value: u32) {
        self.lock().progress = value;
    }

    fn suspended_count(&self) -> u32 {
        0
    }

    fn throttle_count(&self, _: Option<Throttle>) -> u32 {
        0
    }

    fn cancellation(&self) -> Option<Told> {
        None
    }

    fn time_left(&self) -> TimeLeft {
        TimeLeft { cpu: Duration::from_secs(10), wall: Duration::from_secs(25), quota_cpu: None }
    }

    fn work_cost(&self) -> WorkCost {
        WorkCost::Low
    }

    fn canceled(&self) -> BoxFuture<'static, Option<Told>> {
        std::future::pending().boxed()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, Option<Told>> {
        std::future::ready(None).boxed()
    }

    fn returned(&self, answer: Result<(), TaskFailure>) {
        assert!(self.lock().returned.replace(answer).is_none(), "`run` returns once");
    }

    fn nothing_left(&self) {
        let mut heard = self.lock();
        assert!(heard.returned.is_some(), "the answer comes first");
        heard.nothing_left = true;
    }
}

impl AppPort for FakePort {
    fn interruption(&self) -> BoxFuture<'static, Option<Told>> {
        std::future::pending().boxed()
    }

    fn denied(&self, denial: Denial) {
        self.lock().denials.push(denial);
    }

    fn output(&self, stream: Stream, bytes: &[u8]) {
        let mut heard = self.lock();
        match stream {
            Stream::Stdout => heard.stdout.extend_from_slice(bytes),
            Stream::Stderr => heard.stderr.extend_from_slice(bytes),
        }
    }

    fn memory_refused(&self, wanted: u64, limit: u64) {
        self.lock().refused.push((wanted, limit));
    }
}
