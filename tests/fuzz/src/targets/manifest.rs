//! `dormouse.toml`.

use dormouse_core::registration::RegistrationContext;
use dormouse_core::{Limits, Registration, RegistrationId, TimerProfile, Timestamp};
use dormouse_package::manifest::{ENTRY_POINTS_MAX, MANIFEST_LEN_MAX, REGISTRATIONS_MAX};
use dormouse_package::{Manifest, PackagePath};
use uuid::Uuid;

use crate::answer::{Answer, Target, Wrong, inputs, refused, taken};

pub(super) struct Manifests;

/// One of everything.
const WHOLE: &str = include_str!("manifest.toml");

impl Target for Manifests {
    fn examples(&self) -> Vec<Vec<u8>> {
        let least = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n\
                     [entry-points.main]\ncomponent = \"main.wasm\"\ntriggers = [\"application\"]\n";
        let (head, registrations) = WHOLE.split_once("[[registrations]]").unwrap_or((WHOLE, ""));
        let each = registrations
            .split("[[registrations]]")
            .map(|one| format!("{head}[[registrations]]{one}").into());
        each.chain([WHOLE.into(), least.into(), head.into()]).collect()
    }

    fn words(&self) -> Vec<Vec<u8>> {
        let of_whole = WHOLE.split(|c: char| c.is_whitespace() || c == '=').filter(|word| word.len() > 1);
        let others = [
            "[[",
            "]]",
            "{ ",
            " }",
            "''",
            "\"\"\"",
            "\\u0000",
            "\r\n",
            "nan",
            "1979-05-27",
            "true",
            "0x7f",
            ".",
        ];
        inputs(of_whole.chain(others))
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let manifest = match Manifest::parse(input) {
            Ok(manifest) => manifest,
            Err(error) => {
                let lines = input.iter().filter(|byte| **byte == b'\n').count() + 1;
                Wrong::unless(error.line().is_none_or(|line| (1..=lines).contains(&line)), || {
                    format!("line {:?} of {lines}", error.line())
                })?;
                let message = error.to_string();
                Wrong::unless(message.starts_with("dormouse.toml:"), || message.clone())?;
                return refused(message);
            }
        };
        within_limits(&manifest)?;
        survives_the_store(&manifest)?;
        // A comment at the end says nothing.
        let longer = [input, b"\n# and that is all"].concat();
        match Manifest::parse(&longer) {
            Ok(again) if format!("{again:?}") == format!("{manifest:?}") => {}
            Ok(_) => return Err(Wrong("a comment changes it".to_owned())),
            Err(error) => Wrong::unless(longer.len() > MANIFEST_LEN_MAX, || {
                format!("with a comment it is refused: {error}")
            })?,
        }
        let registrations = "r".repeat(manifest.registrations.len().min(12));
        let contradictions = "c".repeat(manifest.contradictions.len().min(3));
        Ok(taken(format!("{registrations}{contradictions}")))
    }
}

fn within_limits(manifest: &Manifest) -> Result<(), Wrong> {
    let counts =
        [(manifest.entry_points.len(), ENTRY_POINTS_MAX), (manifest.registrations.len(), REGISTRATIONS_MAX)];
    for (count, max) in counts {
        Wrong::unless(count <= max, || format!("{count} of at most {max}"))?;
    }
    for (name, entry_point) in &manifest.entry_points {
        let path = entry_point.component.as_str();
        Wrong::unless(PackagePath::new(path).is_ok(), || format!("`{name}` is at {path:?}"))?;
    }
    for task in &manifest.registrations {
        Wrong::unless(!task.name().contains(char::is_control), || format!("{:?} is a name", task.name()))?;
    }
    Ok(())
}

/// What is registered at an installation is kept as JSON, is the same when it comes back, and has a schedule if its
/// trigger has one.
fn survives_the_store(manifest: &Manifest) -> Result<(), Wrong> {
    let context = RegistrationContext {
        entry_points: Some(&manifest.declared()),
        app: manifest.app().is_some(),
        directories: &manifest.capabilities.directories.keys().cloned().collect::<Vec<_>>(),
        listen: &manifest.capabilities.listen.iter().copied().collect::<Vec<_>>(),
        application: None,
        registered: 0,
        registered_max: usize::MAX,
        timers: TimerProfile::DEFAULT,
        limits_max: &Limits::host_max(),
    };
    for task in &manifest.registrations {
        let id = RegistrationId::from_uuid(Uuid::nil());
        // A host allows less than a manifest may ask for.
        let Ok(made) = task.clone().build(id, manifest.name.clone(), Timestamp::EPOCH, &context) else {
            continue;
        };
        let kept = serde_json::to_string(&made).map_err(|error| Wrong(error.to_string()))?;
        let again = serde_json::from_str::<Registration>(&kept);
        Wrong::unless(again.as_ref().ok() == Some(&made), || format!("{kept} was read as {again:?}"))?;
        let schedule = made.schedule().map_err(|error| Wrong(format!("{kept}: {error}")))?;
        let next = schedule.and_then(|schedule| schedule.next_after(Timestamp::EPOCH));
        Wrong::unless(next.is_none_or(|next| next > Timestamp::EPOCH), || {
            format!("{kept} is due at {next:?}")
        })?;
    }
    Ok(())
}
