//! Whatever a guest does in whatever order, the account says what is on the disk.

use proptest::prelude::*;

use super::*;

/// Few names, so that steps meet.
const NAMES: [&str; 5] = ["a", "b", "d", "d/a", "d/b"];

#[derive(Clone, Debug)]
enum Step {
    Open(&'static str, bool, bool),
    Write(usize, usize, Option<u64>),
    Resize(usize, u64),
    Close(usize),
    Directory(&'static str),
    Symlink(&'static str, &'static str),
    Link(&'static str, &'static str),
    Rename(&'static str, &'static str),
    Unlink(&'static str),
    RemoveDirectory(&'static str),
    Forget,
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (name(), any::<bool>(), any::<bool>()).prop_map(|(n, c, t)| Step::Open(n, c, t)),
        3 => (0..4_usize, 0..700_usize, prop::option::of(0..1500_u64))
            .prop_map(|(file, len, at)| Step::Write(file, len, at)),
        1 => (0..4_usize, 0..1500_u64).prop_map(|(file, size)| Step::Resize(file, size)),
        2 => (0..4_usize).prop_map(Step::Close),
        2 => name().prop_map(Step::Directory),
        1 => (name(), name()).prop_map(|(a, b)| Step::Symlink(a, b)),
        1 => (name(), name()).prop_map(|(a, b)| Step::Link(a, b)),
        2 => (name(), name()).prop_map(|(a, b)| Step::Rename(a, b)),
        2 => name().prop_map(Step::Unlink),
        1 => name().prop_map(Step::RemoveDirectory),
        1 => Just(Step::Forget),
    ]
}

/// Does a step; that it may be refused is part of the test.
fn take(app: &App, open: &mut Vec<OwnFile>, step: Step) {
    let at = |file: usize, open: &[OwnFile]| open.get(file).cloned();
    match step {
        Step::Open(name, create, truncate) => {
            let mut how = OpenFlags::empty();
            if create {
                how |= OpenFlags::CREATE;
            }
            if truncate {
                how |= OpenFlags::TRUNCATE;
            }
            let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
            let asked = Opening { follow: PathFlags::SYMLINK_FOLLOW, path: name.to_owned(), how, flags };
            if let Ok((Descriptor::File(file), Some(held))) = app.own().open(asked) {
                open.push(OwnFile { held: Arc::new(held), file: file.file, inline: true });
            }
        }
        Step::Write(file, len, offset) => drop(at(file, open).map(|f| f.write_all(&vec![0; len], offset))),
        Step::Resize(file, size) => drop(at(file, open).map(|f| f.resize(size))),
        Step::Close(file) if file < open.len() => drop(open.remove(file)),
        Step::Close(_) => {}
        Step::Directory(name) => drop(app.own().create_directory(name.to_owned())),
        Step::Symlink(to, name) => drop(app.own().symlink(to.to_owned(), name.to_owned())),
        Step::Link(from, to) => {
            drop(app.own().link(PathFlags::empty(), from.to_owned(), &app.local, to.to_owned()));
        }
        Step::Rename(from, to) => drop(app.own().rename(from.to_owned(), &app.local, to.to_owned())),
        Step::Unlink(name) => drop(app.own().unlink_file(name.to_owned())),
        Step::RemoveDirectory(name) => drop(app.own().remove_directory(name.to_owned())),
        Step::Forget => app.account.with(Books::forget),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_account_is_what_is_on_the_disk(steps in prop::collection::vec(step(), 1..60)) {
        let app = App::new(AppLimits { folder_entries: 4, ..LIMITS });
        let mut open = Vec::new();
        for step in steps {
            take(&app, &mut open, step);
            let (bytes, entries) = on_disk(&app.local());
            prop_assert!(bytes <= 1000 && entries <= 4, "{bytes} bytes, {entries} entries");
            if let Some((counted, named)) = app.account.figures() {
                prop_assert!(counted >= bytes && counted <= 1000, "{counted} counted, {bytes} with a name");
                prop_assert_eq!(named, entries);
            }
        }
        open.clear();
        if let Some(figures) = app.account.figures() {
            prop_assert_eq!(figures, on_disk(&app.local()));
        }
    }
}
