//! What a host answers instead of doing something, as what this program ends with.

use dormouse_control::api::{Code, Problem};

use crate::error::Failure;
use crate::exit::Exit;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let told = help(&problem);
        let failure = Self::new(exit(problem.code), problem.detail).caused_by(problem.causes);
        match told {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Who has to do something about it decides.
const fn exit(code: Code) -> Exit {
    match code {
        Code::Refused | Code::Withdrawn | Code::Upstream | Code::AppNotRunning | Code::AppEnded => {
            Exit::Failed
        }
        Code::Package | Code::Component => Exit::Component,
        Code::ReadOnly | Code::StoreCorrupt | Code::StoreUnavailable | Code::StoreFull => Exit::State,
        Code::Unauthorized
        | Code::Forbidden
        | Code::Timeout
        | Code::SlowBody
        | Code::Busy
        | Code::TooManyApps
        | Code::Stopping
        | Code::Unhealthy => Exit::Unreachable,
        Code::Internal => Exit::Internal,
        // What was asked for cannot be.
        _ => Exit::Usage,
    }
}

/// What to do: the host knows best, except of how this program is let in.
fn help(problem: &Problem) -> Option<String> {
    let own = own_help(problem).map(str::to_owned);
    match (own, problem.help.clone()) {
        (Some(own), Some(told)) if matches!(problem.code, Code::Unauthorized | Code::Forbidden) => {
            Some(format!("{own} (the host says: {told})"))
        }
        (own, told) => told.or(own),
    }
}

/// What this program knows to do.
const fn own_help(problem: &Problem) -> Option<&'static str> {
    Some(match problem.code {
        Code::Unauthorized => "give the token of that host with --token-file, or in DORMOUSE_TOKEN",
        Code::Forbidden => "run it as the user whose host it is",
        Code::Timeout | Code::Busy | Code::StoreUnavailable => "try it again in a moment",
        Code::Stopping => "start it again with `dormouse serve`",
        Code::Unhealthy => "`dormouse doctor` says more; its log does too",
        Code::StoreFull => "free some space; what was accepted before is kept",
        Code::StoreCorrupt => "restore `dormouse.db` from a backup",
        Code::NotFound => {
            "its list says what there is: `dormouse list`, `runs`, `dead`, `webhooks` or `subscribers`"
        }
        Code::NotInstalled => "`dormouse apps` says what is installed",
        Code::AlreadyInstalled => "use `dormouse update`",
        Code::Refused => "`dormouse explain` says more",
        Code::Upstream => "`dormouse webhooks undelivered` says what it did not take",
        Code::Internal => "please report it with the command that you ran",
        // It was understood, and something in it was wrong.
        Code::InvalidRequest if problem.field.is_some() => "the command's --help says what it takes",
        Code::InvalidRequest | Code::MethodNotAllowed | Code::UnsupportedMediaType => {
            "is the host of the same version? `dormouse doctor` says"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_to_act_is_told_by_the_exit_code() {
        for (code, exit) in [
            (Code::NotFound, Exit::Usage),
            (Code::InvalidRegistration, Exit::Usage),
            (Code::ConsentNeeded, Exit::Usage),
            (Code::Refused, Exit::Failed),
            (Code::AppNotRunning, Exit::Failed),
            (Code::AppHasNoLifecycle, Exit::Usage),
            (Code::TooManyApps, Exit::Unreachable),
            (Code::Package, Exit::Component),
            (Code::StoreFull, Exit::State),
            (Code::ReadOnly, Exit::State),
            (Code::Unauthorized, Exit::Unreachable),
            (Code::Stopping, Exit::Unreachable),
            (Code::Internal, Exit::Internal),
        ] {
            assert_eq!(Failure::from(Problem::new(code, "x")).exit(), exit, "{code:?}");
        }
    }

    fn told(problem: Problem) -> String {
        let mut out = Vec::new();
        Failure::from(problem)
            .write_to(&mut anstream::StripStream::new(&mut out))
            .expect("a vector takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn how_this_program_is_let_in_goes_before_what_the_host_says() {
        for (code, own) in [(Code::Unauthorized, "--token-file"), (Code::Forbidden, "run it as the user")] {
            let text = told(Problem::new(code, "no").help("send a header"));
            let (own, host) = (text.find(own), text.find("send a header"));
            assert!(own.is_some() && own < host, "{text}");
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_not_put_down_to_the_hosts_version() {
        let problem = Problem::new(Code::InvalidRequest, "the key is too long");
        assert!(told(problem.clone()).contains("of the same version"));
        let text = told(problem.field("key"));
        assert!(text.contains("--help") && !text.contains("version"), "{text}");
    }

    #[test]
    fn what_the_host_says_goes_before_what_this_program_would() {
        let mut problem = Problem::new(Code::StoreFull, "no room for it");
        problem.causes = vec!["the disk is full".to_owned()];
        let text = told(problem.clone());
        assert!(
            text.starts_with("error: no room for it\n  because: the disk is full\nhelp: free some space"),
            "{text}"
        );
        assert!(told(problem.help("buy a disk")).ends_with("help: buy a disk\n"));
    }
}
