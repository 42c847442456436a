//! Runs of one app that write at once.

use std::thread;

use super::*;

#[test]
fn runs_that_write_at_once_stay_within_the_limit_together() {
    let app = App::new(AppLimits { folder_bytes: 100_000, ..LIMITS });
    let written: u64 = thread::scope(|scope| {
        let writers = (0..4).map(|n| {
            let app = &app;
            // Two to each file, so that each one's idea of its length may be old.
            scope.spawn(move || {
                let file = app.create(["a", "b"][n % 2]).expect("there is room");
                let mut written = 0;
                while let Ok(some) = file.write(&[0; 777], None) {
                    written += some as u64;
                }
                written
            })
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().map(|writer| writer.join().expect("no panic")).sum()
    });
    assert_eq!(written, 100_000);
    assert_eq!(on_disk(&app.local()), (100_000, 2));
    assert_eq!(app.account.figures(), Some((100_000, 2)));
}

#[test]
fn files_that_are_made_and_removed_at_once_leave_the_account_as_it_is() {
    let app = App::new(LIMITS);
    thread::scope(|scope| {
        for n in 0..4 {
            let app = &app;
            scope.spawn(move || {
                for _ in 0..200 {
                    // Whoever comes second finds nothing to remove.
                    let _ = app.write(["a", "b"][n % 2], 10);
                    let _ = app.own().unlink_file(["b", "a"][n % 2].to_owned());
                    let _ = app.own().rename("a".to_owned(), &app.local, "c".to_owned());
                }
            });
        }
    });
    assert_eq!(app.account.figures(), Some(on_disk(&app.local())));
}

#[test]
fn a_run_that_was_killed_keeps_nothing_in_folders_that_are_removed() {
    let app = App::new(LIMITS);
    let file = app.create("a").expect("there is room");
    let (begun, begins) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        // What a run had under way when it was killed is done to its end, and the removal waits for it.
        let own = app.own();
        let local = app.local();
        let under_way = scope.spawn(move || {
            own.account.change(|books| {
                books.made(0, || {
                    begun.send(()).expect("somebody waits for it");
                    thread::yield_now();
                    Ok(fs::write(local.join("late"), "x")?)
                })
            })
        });
        begins.recv().expect("it begins");
        app.folders.remove(&id()).expect("nobody is in its way");
        under_way.join().expect("no panic").expect("the folders were still there");
    });
    assert_eq!(fs::read_dir(app.home.path()).expect("it lists").count(), 0);
    let is_gone = |done: Result<(), Refused>| matches!(done, Err(Refused::Code(ErrorCode::NoEntry)));
    assert!(is_gone(file.write(b"x", None).map(drop)));
    assert!(is_gone(file.resize(10)));
    assert!(is_gone(app.create("b").map(drop)));
    assert!(is_gone(app.own().create_directory("c".to_owned())));
    let again = app.folders.open(&id(), true, LIMITS).expect("folders");
    assert!(is_gone(file.write(b"x", None).map(drop)), "those of the next are others");
    again.account.change(|books| books.made(0, || Ok(()))).expect("there is room");
}
