use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn write(folder: &Path, cpu: &str, memory: &str, io: &str) {
    for (name, share) in FILES.into_iter().zip([cpu, memory, io]) {
        let text = format!("some avg10={share} avg60=0.00 avg300=0.00 total=0\n");
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn the_three_files_are_read_and_one_that_is_broken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1.50", "2.50", "3.50");
    let read = averages(folder.path()).unwrap();
    assert_eq!(read, Averages { cpu: 1.5, memory: 2.5, io: 3.5, memory_full: 0.0 });
    let full =
        "some avg10=2.50 avg60=0.00 avg300=0.00 total=0\nfull avg10=1.25 avg60=0.00 avg300=0.00 total=0\n";
    std::fs::write(folder.path().join("memory"), full).unwrap();
    assert_eq!(averages(folder.path()).unwrap(), Averages { memory_full: 1.25, ..read });
    write(folder.path(), "1.50", "a lot", "3.50");
    let error = averages(folder.path()).unwrap_err();
    assert_eq!(error.to_string(), "`memory` has no `some avg10=` from 0 to 100");
    std::fs::write(folder.path().join("memory"), "x".repeat(5000)).unwrap();
    assert_eq!(averages(folder.path()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
}

#[tokio::test]
async fn a_file_that_is_not_the_kernels_is_never_written_to() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1.50", "2.50", "3.50");
    let error = Stalls::open(folder.path()).err().unwrap();
    assert_eq!(error.to_string(), "it is not the kernel's");
    assert!(averages(folder.path()).is_ok());
}

/// More threads than processors, until the kernel has told.
#[tokio::test]
async fn the_kernel_tells_when_pressure_begins() {
    let folder = Path::new("/proc/pressure");
    let stalls = Stalls::open(folder).expect("this test needs a kernel with CONFIG_PSI, and psi=1");
    let told = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..4 * std::thread::available_parallelism().unwrap().get())
        .map(|_| {
            let told = told.clone();
            std::thread::spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    stalls.next().await.unwrap();
    told.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(averages(folder).unwrap().cpu > 0.0);
}
