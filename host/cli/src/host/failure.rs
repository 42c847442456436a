//! What a host did not do, for people: what, why, and what to do next.

use std::error::Error;

use dormouse::core::StoreError;
use dormouse::core::registration::RegistrationError;
use dormouse::core::schedule::CronErrorKind;
use dormouse::{ComponentError, HostError, InstallError, StartError};
use dormouse_package::{PackageError, RepositoryError};

use crate::error::Failure;
use crate::exit::Exit;

pub(crate) fn store_failed(error: &StoreError) -> Failure {
    let failure = Failure::from_error(Exit::State, error);
    match error {
        StoreError::Full(_) => failure.help("free some space; what was accepted before is kept"),
        StoreError::Corrupt(_) => {
            failure.help("restore `dormouse.db` from a backup, or give another --state")
        }
        _ => failure.help("run the command again"),
    }
}

pub(crate) fn start_failed(error: &StartError) -> Failure {
    match error {
        StartError::Store(error) => store_failed(error),
        StartError::Registration(_) => Failure::from_error(Exit::State, error)
            .help("it was made by another version of dormouse: use that one, or give another --state"),
        StartError::Packages(_) => Failure::from_error(Exit::State, error)
            .help("check the owner of the directory `packages` in --state, and the room left"),
        _ => Failure::from_error(Exit::Internal, error),
    }
}

pub(crate) fn host_failed(error: &HostError) -> Failure {
    match error {
        HostError::Store(error) => store_failed(error),
        HostError::Folders { .. } => {
            Failure::from_error(Exit::State, error).help("check the owner of the directory `apps` in --state")
        }
        HostError::Watch { .. } => Failure::from_error(Exit::Usage, error)
            .help("is it still there? If watches are used up, raise fs.inotify.max_user_watches"),
        HostError::Listen { .. } => Failure::from_error(Exit::Usage, error)
            .help("stop what listens there already, or use another address"),
        HostError::Exists { .. } => Failure::from_error(Exit::Usage, error)
            .help("choose another --name, or what to do with --if-exists"),
        HostError::Registration(error) => registration_failed(error),
        _ => Failure::from_error(Exit::Internal, error),
    }
}

/// What is wrong with a registration. Its own message names the field and says what there is.
pub(crate) fn registration_failed(error: &RegistrationError) -> Failure {
    let failure = Failure::new(Exit::Usage, "the registration is not valid").because(error);
    failure.help(match error {
        RegistrationError::AppNotInstalled { .. } => "`dormouse list` says what is installed",
        RegistrationError::EntryPointNotDeclared { .. } => "name one of those with --entry-point",
        RegistrationError::TriggerNotDeclared { .. } => "use a trigger of a kind that it declares",
        RegistrationError::Cron(error) => match error.kind() {
            CronErrorKind::UnknownTimeZone => {
                "--tz takes a name of the IANA time zone database, like Europe/Berlin or UTC"
            }
            CronErrorKind::Seconds => "--cron takes five fields; for less than a minute use --every",
            _ => "--cron takes minute, hour, day of month, month and day of week, like '*/15 7-22 * * *'",
        },
        RegistrationError::DirectoryNotGranted { .. } => {
            "grant it with `dormouse update PATH --dir GUEST=PATH`, if the package asks for it"
        }
        RegistrationError::SecondApplicationTrigger { .. } => "`dormouse unregister` removes it",
        _ => "see `dormouse register --help`",
    })
}

/// Why a package was not taken in or removed.
pub(crate) fn install_failed(error: &InstallError) -> Failure {
    let of = |exit| Failure::from_error(exit, error);
    match error {
        InstallError::Repository(repository) => match repository {
            RepositoryError::Package(package) => package_failed(package),
            _ => of(Exit::State)
                .help("check the owner of the directory `packages` in --state, and the room left"),
        },
        InstallError::ConsentNeeded { .. } => of(Exit::Usage).help("agree to it with --consent"),
        InstallError::AlreadyInstalled { .. } => of(Exit::Usage).help("use `dormouse update`"),
        InstallError::NotInstalled { .. } => of(Exit::Usage).help("`dormouse list` says what is installed"),
        InstallError::Embedded { .. } => of(Exit::Usage).help("give the package another name"),
        InstallError::Downgrade { .. } => of(Exit::Usage).help("allow it with --allow-downgrade"),
        InstallError::Component { source, .. } => component_failed(error, source),
        InstallError::Grant(_) => {
            of(Exit::Usage).help("name directories that exist and that you may use, with --dir")
        }
        InstallError::NotAskedFor { .. } => {
            of(Exit::Usage).help("leave that --dir or --env out, or mend its name")
        }
        InstallError::Follow(_) => of(Exit::Failed).help("`dormouse serve` tries it again"),
        InstallError::LocalFolder { .. } => {
            of(Exit::State).help("make it removable, and run the command again")
        }
        InstallError::Store(error) => store_failed(error),
        _ => of(Exit::Internal),
    }
}

fn component_failed(error: &InstallError, source: &ComponentError) -> Failure {
    match source {
        ComponentError::WorkerMissing { .. } | ComponentError::WorkerUnfit { .. } => {
            Failure::from_error(Exit::Internal, error).help(
                "dormouse starts itself once more to compile a component: is /proc mounted, and may this user start processes?",
            )
        }
        _ => Failure::from_error(Exit::Component, error)
            .help("build the component anew, for wasm32-wasip2 in release mode, and pack the package again"),
    }
}

/// Why a package cannot be used. Its own messages say what to do.
pub(crate) fn package_failed(error: &PackageError) -> Failure {
    let failure = Failure::new(Exit::Component, "the package cannot be used").because(error);
    failure.help(match error {
        PackageError::Open { .. } | PackageError::NotAPackage { .. } => {
            "give the path of a directory with a dormouse.toml, or of a .tar.gz file of one"
        }
        PackageError::Checksum { .. } => "fetch it again from where you trust it",
        PackageError::ChecksumOfDirectory => "leave --sha256 out, or give the .tar.gz file",
        PackageError::Manifest(error) if error.source().is_none() => "mend the manifest at that place",
        _ => "nothing of it was kept; mend it and try again",
    })
}
