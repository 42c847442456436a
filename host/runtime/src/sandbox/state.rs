//! What a store holds: the guest's view of WASI, its limits, and whom it serves.

use std::collections::HashMap;
use std::sync::Arc;

use dormouse_core::event::Stream;
use wasmtime::Result;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::headers::Headers;
use super::limiter::Limiter;
use super::network::{HttpHooks, Network};
use super::output::Sink;
use super::port::{AppPort, Denial, DenialKind, RunPort};
use super::serves::Serves;
use super::usage::Usage;
use super::{Gauges, SandboxSpec, at_rest};
use crate::command::Streams;
use crate::folders::OwnFiles;
use crate::meter::Meter;
use dormouse_core::host_port::Host;

/// The state of one guest inside its store.
pub(crate) struct RunState {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    http_hooks: HttpHooks,
    headers: Headers,
    table: ResourceTable,
    limiter: Limiter,
    network: Arc<Network>,
    /// Look-ups under way, by WASI's number for them.
    lookups: HashMap<u32, Host>,
    own_files: OwnFiles,
    spec: SandboxSpec,
    app: Arc<dyn AppPort>,
    serves: Serves,
    meter: Arc<Meter>,
    usage: Arc<Usage>,
}

impl RunState {
    pub(super) fn new(
        spec: SandboxSpec,
        streams: Option<&Arc<Streams>>,
        serves: Serves,
        gauges: Gauges,
    ) -> Self {
        let Gauges { meter, usage, memory } = gauges;
        let app = serves.app();
        let network = Arc::new(Network::new(Arc::clone(&spec.grants), Arc::clone(&usage), Arc::clone(&app)));
        let mut table = ResourceTable::new();
        table.set_max_capacity(spec.handles());
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(usize::try_from(spec.limits.http_fields_bytes).unwrap_or(usize::MAX));
        Self {
            wasi: wasi(&spec, streams, &app, &usage, &network),
            http,
            http_hooks: HttpHooks::new(&network, &spec.limits),
            headers: Headers::new(&spec.limits),
            table,
            limiter: Limiter::new(memory, &spec.limits, Arc::clone(&usage), Arc::clone(&app)),
            network,
            lookups: HashMap::new(),
            own_files: OwnFiles::default(),
            spec,
            app,
            serves,
            meter,
            usage,
        }
    }

    /// The guest calls a function of WASI's that we answer ourselves.
    pub(crate) fn called_as_wasi(&mut self) -> &mut Self {
        self.usage.count_wasi_call();
        self
    }

    /// The guest calls a function of ours. WASI's count themselves: each begins by asking for its view.
    pub(crate) fn called(&mut self) -> &mut Self {
        self.usage.count_our_call();
        self
    }

    /// `wait`, of a guest that does nothing else meanwhile: while it lasts, the guest is at rest.
    pub(crate) fn resting<R>(&self, wait: impl Future<Output = R>) -> impl Future<Output = R> {
        at_rest(Arc::clone(&self.usage), wait)
    }

    /// Whose guest it is.
    pub(crate) fn app(&self) -> &dyn AppPort {
        &*self.app
    }

    /// The run that a handle of the guest's stands for.
    ///
    /// # Errors
    ///
    /// There is none: the handle is not one that this sandbox gave.
    pub(crate) fn run(&self, number: u32) -> Result<&dyn RunPort> {
        self.serves.run(number)
    }

    /// Whom it serves.
    pub(crate) fn serves(&mut self) -> &mut Serves {
        &mut self.serves
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Look-ups under way.
    pub(crate) fn lookups(&mut self) -> &mut HashMap<u32, Host> {
        &mut self.lookups
    }

    /// Whether calls on files may block the guest's thread.
    pub(crate) fn calls_block(&self) -> bool {
        self.spec.blocking_inline
    }

    /// What is open in the app's own folders.
    pub(crate) fn own_files(&mut self) -> &mut OwnFiles {
        &mut self.own_files
    }

    /// Tells of the app's limits that are reached.
    pub(crate) fn full(&self) -> Full {
        Full { usage: Arc::clone(&self.usage), app: Arc::clone(&self.app) }
    }

    /// Bytes by which memories and tables may still grow together.
    pub(crate) fn memory_left(&self) -> u64 {
        self.limiter.left()
    }

    pub(super) fn limiter(&mut self) -> &mut Limiter {
        &mut self.limiter
    }

    /// What was granted, and the table that handles to it go into.
    pub(crate) fn spec_and_table(&mut self) -> (&SandboxSpec, &mut ResourceTable) {
        (&self.spec, &mut self.table)
    }
}

/// Tells that a limit of what the app may keep was reached: a number in the receipt, and an event.
#[derive(Clone)]
pub(crate) struct Full {
    usage: Arc<Usage>,
    app: Arc<dyn AppPort>,
}

impl Full {
    /// Which limit it was. Only in a poll of the sandbox.
    pub(crate) fn tell(&self, limit: &'static str) {
        self.usage.count_denial();
        self.app.denied(Denial { kind: DenialKind::Keep, what: limit.to_owned() });
    }
}

/// The guest's WASI context. What is not set here is closed: standard input is empty, and no directory is set,
/// because directories come from the handles that were granted (see `imports/preopens.rs`).
fn wasi(
    spec: &SandboxSpec,
    streams: Option<&Arc<Streams>>,
    app: &Arc<dyn AppPort>,
    usage: &Arc<Usage>,
    network: &Arc<Network>,
) -> WasiCtx {
    let mut wasi = WasiCtxBuilder::new();
    match streams {
        Some(streams) => streams.give(&mut wasi, usage),
        None => {
            wasi.stdout(Sink::new(Stream::Stdout, Arc::clone(usage), Arc::clone(app)))
                .stderr(Sink::new(Stream::Stderr, Arc::clone(usage), Arc::clone(app)))
                .args(&spec.args);
        }
    }
    wasi.envs(spec.grants.env())
        .envs(&spec.env)
        .max_random_size(spec.limits.random_bytes)
        .allow_blocking_current_thread(spec.blocking_inline);
    // Also without a grant: what is denied is told by its name.
    let network = Arc::clone(network);
    wasi.allow_tcp(true).allow_udp(true).allow_ip_name_lookup(true).socket_addr_check(
        move |address, usage| Box::pin(std::future::ready(network.may_use(address, usage))),
    );
    wasi.build()
}

impl WasiView for RunState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.usage.count_wasi_call();
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for RunState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.usage.count_wasi_call();
        self.network.tell_late();
        self.http_hooks.is_full = !self.headers.may_grow(&mut self.table, &self.limiter);
        WasiHttpCtxView { hooks: &mut self.http_hooks, table: &mut self.table, ctx: &mut self.http }
    }
}
