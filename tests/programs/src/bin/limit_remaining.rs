//! Watches its budget shrink. The arguments are the run's limits, `CPU_MS WALL_MS MEMORY_BYTES`: what is
//! left is never more, and grows less as it computes, waits and allocates.

use std::hint::black_box;
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, compute};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let arguments = arguments(&instance)?;
    let limits = arguments.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [cpu_ms, wall_ms, memory_bytes] = limits[..] else {
        return Err(TaskError::failed("the arguments are `CPU_MS WALL_MS MEMORY_BYTES`"));
    };

    let first = instance.remaining();
    assert!(first.cpu <= Duration::from_millis(cpu_ms), "{first:?}");
    assert!(first.wall <= Duration::from_millis(wall_ms), "{first:?}");
    assert!(first.memory_bytes < memory_bytes, "what the program holds already counts: {first:?}");
    assert!(!first.cpu.is_zero() && !first.wall.is_zero() && first.memory_bytes > 0, "{first:?}");

    while instance.remaining().cpu >= first.cpu {
        compute();
        assert!(instance.cancellation_requested().is_none(), "computing costs nothing");
    }

    assert_eq!(instance.sleep(Duration::from_millis(100)).await, None);
    let after_sleep = instance.remaining();
    assert!(after_sleep.wall + Duration::from_millis(100) <= first.wall, "{first:?}, then {after_sleep:?}");

    let block = black_box(vec![1_u8; 4 << 20]);
    let after_block = instance.remaining();
    assert!(
        after_block.memory_bytes + block.len() as u64 <= first.memory_bytes,
        "{first:?}, {after_block:?}"
    );
    Ok(())
}

fn main() {}
