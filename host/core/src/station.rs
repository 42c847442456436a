//! Named points on the way of a firing, at which a test can end the process as a crash would.
//!
//! Without the feature `stations` they are nothing at all. With it, a program may set a hook, which is told each
//! time that a point is passed, on the thread that passes it.
//!
//! | station | is passed |
//! | --- | --- |
//! | `enqueue.before`, `enqueue.after` | \[A\]: before and after the commit that takes a firing in, before its caller is answered |
//! | `claim.before`, `claim.after` | \[B\]: likewise for a claim |
//! | `finish.before`, `finish.after` | \[C\]: likewise for the end of a run |
//! | `cursor.before`, `cursor.after` | \[D\]: likewise for a subscriber's cursor |
//! | `app.running.before`, `app.running.after` | likewise for an app's state, once it is there |
//! | `app.ended.before`, `app.ended.after` | likewise, once it has ended or is given up |
//! | `prune.before`, `prune.after` | likewise for what retention lets go of |
//! | `migrate` | between two steps of a migration, and inside each before its commit |
//! | `install.staged`, `install.committed`, `install.recorded`, `install.registered` | in an installation |

#[cfg(feature = "stations")]
static HOOK: std::sync::OnceLock<fn(&'static str)> = std::sync::OnceLock::new();

/// Has `hook` told of every station that is passed. The first call counts.
#[cfg(feature = "stations")]
pub fn set_hook(hook: fn(&'static str)) {
    let _ = HOOK.set(hook);
}

/// Passes the station `name`.
#[inline]
pub fn pass(name: &'static str) {
    #[cfg(feature = "stations")]
    if let Some(hook) = HOOK.get() {
        hook(name);
    }
    #[cfg(not(feature = "stations"))]
    let _ = name;
}

#[cfg(all(test, feature = "stations"))]
mod tests {
    use std::sync::Mutex;

    static PASSED: Mutex<Vec<&str>> = Mutex::new(vec![]);

    #[test]
    fn the_first_hook_is_told_of_each_station_as_it_is_passed() {
        super::pass("finish.before");
        super::set_hook(|name| PASSED.lock().unwrap().push(name));
        super::set_hook(|name| panic!("{name} is told to the second hook"));
        super::pass("claim.before");
        super::pass("claim.after");
        assert_eq!(*PASSED.lock().unwrap(), ["claim.before", "claim.after"]);
    }
}
