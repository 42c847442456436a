//! The sample pictures, made small.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use dormouse::core::{StorageChange, StorageChangeKind};
use dormouse::testing::Rig;
use dormouse::{
    Access, Cancellation, CancellationReason, Event, EventKind, FilesystemTrigger, Grants, Observer, Outcome,
    RunId, TaskBuilder, Trigger,
};
use image::GenericImageView;
use test_examples::THUMBNAILS;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::house::{Folders, House};

/// The sample pictures, and how large their thumbnails are.
const SIZES: [(&str, (u32, u32)); 10] = [
    ("dusk.jpg", (160, 120)),
    ("mandelbrot.png", (160, 120)),
    ("panorama.jpg", (160, 40)),
    ("plasma.jpg", (160, 120)),
    ("rings.gif", (160, 160)),
    ("small.png", (64, 48)),
    ("stamp.webp", (120, 160)),
    ("tower.png", (53, 160)),
    // Lies in the file, and is to be turned upright.
    ("turned.jpg", (107, 160)),
    ("window.png", (160, 120)),
];

const ALL_NEW: &str = "10 made, 0 up to date, 0 removed, 1 bad, 0 failed\n";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/thumbnails/pictures")
}

fn empty() -> Folders {
    Folders::new(&["pictures", "thumbnails", "elsewhere"])
}

fn with_samples() -> Folders {
    let folders = empty();
    for entry in fs::read_dir(samples()).expect("the samples") {
        let entry = entry.expect("a sample");
        fs::copy(entry.path(), folders.path("pictures").join(entry.file_name())).expect("a copy");
    }
    folders
}

fn grants(folders: &Folders) -> Grants {
    let grants = folders.grants().with_path(folders.path("pictures"), "/pictures", Access::ReadOnly);
    let grants = grants.expect("a folder");
    grants.with_path(folders.path("thumbnails"), "/thumbnails", Access::ReadWrite).expect("a folder")
}

fn on_request() -> TaskBuilder {
    TaskBuilder::new("thumbnails").trigger(Trigger::Application)
}

/// The names of the thumbnails, in order, without their ending.
fn made(folders: &Folders) -> Vec<String> {
    let entries = fs::read_dir(folders.path("thumbnails")).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .map(|name| name.strip_suffix(".thumb.png").unwrap_or_else(|| panic!("{name} was left")).to_owned())
        .collect();
    names.sort_unstable();
    names
}

fn thumbnail(folders: &Folders, name: &str) -> PathBuf {
    folders.path("thumbnails").join(format!("{name}.thumb.png"))
}

fn written(path: &Path) -> SystemTime {
    fs::metadata(path).expect("a file").modified().expect("a date")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_folder_is_made_small_once() {
    let folders = with_samples();
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let id = house.register(on_request()).await;

    let completion = house.fire(id, "all").await;
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.deferrals, 1);
    assert_eq!(completion.run.receipt.progress, Some(100));
    let stdout = house.stdout(&completion);
    assert!(stdout.contains("made: dusk.jpg 800x600 -> 160x120\n"), "{stdout}");
    assert!(stdout.contains("bad: torn.png: "), "{stdout}");
    assert!(!stdout.contains("notes.txt"), "{stdout}");
    assert!(stdout.ends_with(ALL_NEW), "{stdout}");
    assert_eq!(house.stderr(&completion), "");
    assert_eq!(made(&folders), SIZES.map(|(name, _)| name));
    for (name, size) in SIZES {
        let picture = image::open(thumbnail(&folders, name)).expect("a picture");
        assert_eq!(picture.dimensions(), size, "{name}");
    }
    assert!(!folders.path("local/checkpoint").exists());

    let before = SIZES.map(|(name, _)| written(&thumbnail(&folders, name)));
    let completion = house.fire(id, "all").await;
    assert_eq!(house.stdout(&completion), "0 made, 11 up to date, 0 removed, 0 bad, 0 failed\n");
    assert_eq!(before, SIZES.map(|(name, _)| written(&thumbnail(&folders, name))));
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thumbnails_show_what_the_pictures_show() {
    let folders = with_samples();
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let id = house.register(on_request()).await;
    house.fire(id, "all").await;

    let window = image::open(thumbnail(&folders, "window.png")).expect("a picture");
    assert_eq!(window.get_pixel(80, 60).0[3], 0, "its middle stays transparent");
    assert_eq!(window.get_pixel(2, 2).0, [120, 80, 40, 255]);
    // The ground is at the foot of `dusk`, which a turn to the right puts at the left.
    let turned = image::open(thumbnail(&folders, "turned.jpg")).expect("a picture");
    let [r, g, b, _] = turned.get_pixel(4, 80).0;
    assert!(u32::from(r) + u32::from(g) + u32::from(b) < 120, "{r} {g} {b}");
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_made_again_and_what_is_gone_goes() {
    let folders = with_samples();
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let id = house.register(on_request()).await;
    house.fire(id, "all").await;

    fs::remove_file(folders.path("pictures/plasma.jpg")).expect("it was there");
    fs::copy(samples().join("tower.png"), folders.path("pictures/small.png")).expect("a copy");
    fs::copy(samples().join("torn.png"), folders.path("pictures/dusk.jpg")).expect("a copy");
    fs::remove_file(thumbnail(&folders, "rings.gif")).expect("it was there");
    let completion = house.fire(id, "all").await;
    let stdout = house.stdout(&completion);
    assert!(stdout.contains("removed: plasma.jpg\n"), "{stdout}");
    assert!(stdout.contains("made: small.png 300x900 -> 53x160\n"), "{stdout}");
    assert!(stdout.contains("made: rings.gif 320x320 -> 160x160\n"), "{stdout}");
    assert!(stdout.contains("bad: dusk.jpg: "), "{stdout}");
    assert!(stdout.ends_with("2 made, 7 up to date, 1 removed, 1 bad, 0 failed\n"), "{stdout}");
    let left = SIZES.map(|(name, _)| name).into_iter().filter(|n| !["plasma.jpg", "dusk.jpg"].contains(n));
    assert_eq!(made(&folders), left.collect::<Vec<_>>());
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_folder_wakes_it_for_that_picture() {
    let folders = with_samples();
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let watch = Trigger::Filesystem(FilesystemTrigger::new("/pictures"));
    house.register(TaskBuilder::new("watch").trigger(watch)).await;
    let mut completions = house.host.subscribe("test").await.expect("a subscription");

    // Comes whole, with one change.
    fs::copy(samples().join("dusk.jpg"), folders.path("elsewhere/new.jpg")).expect("a copy");
    fs::rename(folders.path("elsewhere/new.jpg"), folders.path("pictures/new.jpg")).expect("the same disk");
    let completion = completions.next_completion().await.expect("a completion");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    let stdout = house.stdout(&completion);
    assert_eq!(
        stdout,
        "made: new.jpg 800x600 -> 160x120\n1 made, 0 up to date, 0 removed, 0 bad, 0 failed\n"
    );
    assert_eq!(made(&folders), ["new.jpg"]);

    fs::remove_file(folders.path("pictures/new.jpg")).expect("it was there");
    let completion = completions.next_completion().await.expect("a completion");
    let stdout = house.stdout(&completion);
    assert_eq!(stdout, "removed: new.jpg\n0 made, 0 up to date, 1 removed, 0 bad, 0 failed\n");
    assert!(made(&folders).is_empty());
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_changes_make_it_look_at_the_whole_folder() {
    let folders = with_samples();
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let watch = Trigger::Filesystem(FilesystemTrigger::new("/pictures"));
    let id = house.register(TaskBuilder::new("watch").trigger(watch)).await;
    let one = StorageChange { kind: StorageChangeKind::Created, path: "/pictures/dusk.jpg".to_owned() };
    let fired = house.host.storage_changes(id, vec![one, StorageChange::lost()]).await.expect("it is taken");
    let activation = fired.activation().expect("it is not refused");
    let completion = house.host.completed(activation).await.expect("it ends");
    assert!(house.stdout(&completion).ends_with(ALL_NEW));
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_does_not_fit_the_memory_is_bad_and_costs_nothing() {
    let folders = empty();
    // A quarter of the 64 MiB is for pixels; these are 27 MB, and hardly anything as a file.
    image::RgbImage::new(3000, 3000).save(folders.path("pictures/huge.png")).expect("a picture");
    image::RgbImage::new(21_000, 1).save(folders.path("pictures/wide.png")).expect("a picture");
    fs::write(folders.path("pictures/text.png"), "not a picture at all").expect("a file");
    let house = House::open(THUMBNAILS, grants(&folders)).await;
    let id = house.register(on_request()).await;
    let completion = house.fire(id, "all").await;
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.memory_refusals, 0);
    assert!(completion.run.receipt.peak_memory_bytes < 16 * 1024 * 1024);
    let stdout = house.stdout(&completion);
    for name in ["huge.png", "wide.png", "text.png"] {
        assert!(stdout.contains(&format!("bad: {name}: ")), "{stdout}");
    }
    assert!(stdout.ends_with("0 made, 0 up to date, 0 removed, 3 bad, 0 failed\n"), "{stdout}");
    house.host.shutdown(false).await;
}

/// Tells of each run that has made a thumbnail of `a.png`.
struct FirstMade(UnboundedSender<RunId>);

impl Observer for FirstMade {
    fn observe(&self, event: &Event) {
        if let EventKind::Output { run, text, .. } = &event.kind
            && text.contains("made: a.png")
        {
            // Nobody listens to a second one.
            let _ = self.0.send(*run);
        }
    }
}

#[test]
fn a_cancelled_run_leaves_what_is_left_to_the_next() {
    let folders = empty();
    let copy = |from: &str, to: &str| {
        fs::copy(samples().join(from), folders.path("pictures").join(to)).expect("a copy");
    };
    copy("small.png", "a.png");
    // Takes long enough that the cancellation, which comes when the first one is made, is there before the
    // third one.
    image::RgbImage::from_fn(2200, 2200, |x, y| image::Rgb([(x / 16) as u8, (y / 16) as u8, 0]))
        .save(folders.path("pictures/b.png"))
        .expect("a picture");
    copy("dusk.jpg", "c.jpg");
    copy("stamp.webp", "d.webp");

    let (tell, mut told) = unbounded_channel();
    Rig::run_with(
        |builder| builder.observer(Arc::new(FirstMade(tell))),
        async |rig| {
            let component = fs::read(THUMBNAILS).expect("the component was built");
            let entry_point = rig.install_with(&component, grants(&folders));
            let id = rig.register(on_request().entry_point(entry_point)).await;
            let host = rig.host.clone();
            // Beside the test itself, which is polled only now and then while a guest computes.
            #[expect(clippy::disallowed_methods, reason = "a test may spawn")]
            let cancel = tokio::spawn(async move {
                let run = told.recv().await.expect("the first one is made");
                host.cancel(run, Cancellation::new(CancellationReason::Abort, "operator", ""))
            });
            let activation = rig.request(id, "all").await;
            let completion = rig.completed(activation).await;
            assert!(
                matches!(&completion.run.outcome, Outcome::Canceled { forced: false, .. }),
                "{}",
                completion.run.outcome
            );
            assert!(cancel.await.expect("no panic"));
            assert_eq!(folders.text("local/checkpoint"), "c.jpg\0d.webp\0");
            assert_eq!(made(&folders), ["a.png", "b.png"], "{}", rig.stdout());

            // Woken for nothing in particular, it goes on where it was.
            let watch = Trigger::Filesystem(FilesystemTrigger::new("/pictures"));
            let id = rig.register(TaskBuilder::new("watch").entry_point(entry_point).trigger(watch)).await;
            let fired = rig.host.storage_changes(id, Vec::new()).await.expect("it is taken");
            let completion = rig.completed(fired.activation().expect("it is not refused")).await;
            assert_eq!(completion.run.outcome, Outcome::Succeeded);
            assert!(
                rig.stdout().ends_with("2 made, 0 up to date, 0 removed, 0 bad, 0 failed\n"),
                "{}",
                rig.stdout()
            );
            assert_eq!(made(&folders), ["a.png", "b.png", "c.jpg", "d.webp"]);
            assert!(!folders.path("local/checkpoint").exists());
        },
    );
}
