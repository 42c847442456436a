//! `dormouse pack`.

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use cap_std::fs::Dir;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::cli::PackArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::host::package_failed;
use crate::output::Page;

pub(crate) fn pack(args: &PackArgs, color: ColorChoice) -> Result<Exit> {
    let dir = File::open(&args.dir).map(Dir::from_std_file).map_err(|error| {
        Failure::new(Exit::Component, format!("`{}` cannot be opened", args.dir.display()))
            .because(&error)
            .help("give the directory with the dormouse.toml")
    })?;
    let place = args.output.as_deref().and_then(Path::parent).filter(|place| !place.as_os_str().is_empty());
    let place = place.unwrap_or_else(|| Path::new("."));
    let failed = |error: &io::Error| {
        Failure::new(Exit::Usage, format!("nothing can be written in `{}`", place.display()))
            .because(error)
            .help("name another place with --output")
    };
    // Under a name of its own until it is whole.
    let file = NamedTempFile::new_in(place).map_err(|e| failed(&e))?;
    let packed = dormouse_package::pack(&dir, BufWriter::new(file.as_file())).map_err(package_failed)?;
    let path = args.output.clone().unwrap_or_else(|| {
        let manifest = &packed.manifest;
        PathBuf::from(format!("{}-{}.tar.gz", manifest.name, manifest.version))
    });
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let checksum = {
        let mut checksum = OsString::from(&path);
        checksum.push(".sha256");
        PathBuf::from(checksum)
    };
    let written = keep(file, &path).and_then(|()| {
        let mut file = NamedTempFile::new_in(place)?;
        writeln!(file, "{}  {name}", packed.archive)?;
        keep(file, &checksum)
    });
    written.map_err(|e| failed(&e))?;

    let mut page = Page::new();
    if args.json.json {
        page.json(&json!({
            "event": "packed",
            "app": packed.manifest.name,
            "version": packed.manifest.version.to_string(),
            "archive": path,
            "sha256": packed.archive.to_string(),
            "digest": packed.digest.to_string(),
        }))?;
    } else {
        let manifest = &packed.manifest;
        page.line(format!("packed {} {} into {}", manifest.name, manifest.version, path.display()));
        page.line(format!("  sha256  {}", packed.archive));
    }
    page.print(color, Exit::Success)
}

/// Gives a finished file its name, readable as other files are.
fn keep(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
