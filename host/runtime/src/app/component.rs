//! The component of an app that lives longer than one run.

use std::collections::BTreeSet;

use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::policy::MemoryAsked;

use crate::component::{Compiler, Component, ComponentCache, ComponentError, Expected};
use crate::engine::Engine;

/// A component that is launched, suspended and ended, and in which registrations without an entry point run: of the world
/// `app`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppComponent {
    pub(crate) component: Component,
    /// What it takes; a launch is always among it.
    pub(crate) activations: BTreeSet<ActivationKind>,
    pub(crate) prelaunch: bool,
    pub(crate) memory: MemoryAsked,
}

impl AppComponent {
    /// As [`Component::compile`].
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the component and what to do.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self, ComponentError> {
        Component::compile_as(engine, bytes, Expected::App).map(Self::new)
    }

    /// As [`Component::load`].
    ///
    /// # Errors
    ///
    /// [`ComponentError`] says what is wrong with the component or the compiler and what to do.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with timers and I/O.
    pub async fn load(
        engine: &Engine,
        compiler: &Compiler,
        cache: Option<&ComponentCache>,
        bytes: Vec<u8>,
    ) -> Result<Self, ComponentError> {
        Component::load_as(engine, compiler, cache, bytes, Expected::App).await.map(Self::new)
    }

    pub(crate) fn new(component: Component) -> Self {
        Self {
            component,
            activations: BTreeSet::from([ActivationKind::Launch]),
            prelaunch: false,
            memory: MemoryAsked::default(),
        }
    }

    /// What it takes besides a launch. By default nothing.
    #[must_use]
    pub fn activations(mut self, kinds: impl IntoIterator<Item = ActivationKind>) -> Self {
        self.activations.extend(kinds);
        self
    }

    /// Whether it may be launched before anybody asks for it, as long as it says nothing itself (UWP-139). Default: no.
    #[must_use]
    pub const fn prelaunch(mut self, yes: bool) -> Self {
        self.prelaunch = yes;
        self
    }

    /// What it asks to hold, where that is not the host's policy
    /// ([`HostBuilder::app_policy`](crate::HostBuilder::app_policy)). It is cut to the host's maximum.
    #[must_use]
    pub const fn memory(mut self, asked: MemoryAsked) -> Self {
        self.memory = asked;
        self
    }

    /// What it is made of.
    #[must_use]
    pub const fn component(&self) -> &Component {
        &self.component
    }
}
