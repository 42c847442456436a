//! The shape of a manifest, before anything in it is understood.

use std::collections::BTreeMap;
use std::fmt;

use dormouse_core::{Class, Misfire, Recurrence};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};

use crate::capabilities::DirectoryAccess;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Raw {
    pub(super) package: Package,
    pub(super) app: Option<App>,
    #[serde(default)]
    pub(super) entry_points: BTreeMap<String, EntryPoint>,
    #[serde(default)]
    pub(super) capabilities: Capabilities,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) app_limits: Limits,
    pub(super) quota: Option<Quota>,
    #[serde(default)]
    pub(super) registrations: Vec<Registration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Quota {
    pub(super) cpu: String,
    pub(super) window: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) update_task: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct App {
    pub(super) component: String,
    #[serde(default)]
    pub(super) activations: Vec<String>,
    #[serde(default)]
    pub(super) prelaunch: bool,
    pub(super) foreground_memory: Option<Figure>,
    pub(super) background_memory: Option<Figure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EntryPoint {
    pub(super) component: String,
    pub(super) triggers: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Capabilities {
    pub(super) network: Vec<String>,
    pub(super) listen: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) directories: BTreeMap<String, DirectoryAccess>,
    pub(super) class: Option<Class>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Registration {
    pub(super) name: String,
    pub(super) entry_point: Option<String>,
    pub(super) trigger: Trigger,
    #[serde(default)]
    pub(super) conditions: Vec<String>,
    #[serde(default)]
    pub(super) cancel_on_condition_loss: bool,
    pub(super) overlap: Option<Overlap>,
    pub(super) group: Option<String>,
    pub(super) retry: Option<Retry>,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) args: Vec<String>,
}

/// One of the first nine, and what goes with it: which is checked where each is read.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Trigger {
    pub(super) application: Option<bool>,
    pub(super) every: Option<String>,
    pub(super) cron: Option<String>,
    pub(super) maintenance: Option<String>,
    pub(super) system: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) listen: Option<String>,
    pub(super) signal: Option<String>,
    pub(super) message: Option<String>,

    pub(super) one_shot: Option<bool>,
    pub(super) misfire: Option<Misfire>,
    pub(super) jitter: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) recursive: Option<bool>,
    pub(super) settle: Option<String>,
    pub(super) keep_alive: Option<String>,
    pub(super) recurrence: Option<Recurrence>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Overlap {
    Coalesce,
    KeepLatest,
    Refuse,
    Queue(u32),
    Parallel(u32),
}

/// A number of times, or a table.
pub(super) struct Retry(pub(super) RetryTable);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RetryTable {
    pub(super) times: u32,
    pub(super) initial: Option<String>,
    pub(super) max: Option<String>,
    pub(super) factor: Option<f64>,
    pub(super) jitter: Option<f64>,
}

// Not an untagged enum: that one cannot say what is wrong with a table, nor where.
impl<'de> Deserialize<'de> for Retry {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Retry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of times, or a table with `times`")
            }

            fn visit_i64<E: de::Error>(self, times: i64) -> Result<Retry, E> {
                let times = u32::try_from(times);
                let times = times.map_err(|_| E::custom("write a number of times from 0 to 999"))?;
                Ok(Retry(RetryTable { times, ..RetryTable::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Retry, A::Error> {
                RetryTable::deserialize(MapAccessDeserializer::new(map)).map(Retry)
            }
        }

        from.deserialize_any(Either)
    }
}

/// By their keys: what there are is core's to know.
pub(super) type Limits = BTreeMap<String, Figure>;

/// A text, or a plain number as a text.
pub(super) struct Figure(pub(super) String);

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Figure;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text like \"25s\" or \"64MiB\", or a whole number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Figure, E> {
                Ok(Figure(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Figure, E> {
                Ok(Figure(text.to_owned()))
            }
        }

        from.deserialize_any(Either)
    }
}
