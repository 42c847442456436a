//! What a host answers instead of doing something, as what this program ends with.

use dormouse_control::api::{Code, Problem};

use crate::error::Failure;
use crate::exit::Exit;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let failure = Self::new(exit(problem.code), problem.detail).caused_by(problem.causes);
        match problem.help.or_else(|| help(problem.code).map(str::to_owned)) {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Who has to do something about it decides.
const fn exit(code: Code) -> Exit {
    match code {
        Code::Refused | Code::Withdrawn | Code::Upstream => Exit::Failed,
        Code::Package | Code::Component => Exit::Component,
        Code::ReadOnly | Code::StoreCorrupt | Code::StoreUnavailable | Code::StoreFull => Exit::State,
        Code::Unauthorized
        | Code::Forbidden
        | Code::Timeout
        | Code::Busy
        | Code::Stopping
        | Code::Unhealthy => Exit::Unreachable,
        Code::Internal => Exit::Internal,
        // What was asked for cannot be.
        _ => Exit::Usage,
    }
}

/// What to do where the host does not say.
const fn help(code: Code) -> Option<&'static str> {
    Some(match code {
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

    #[test]
    fn what_the_host_says_goes_before_what_this_program_would() {
        let told = |problem: Problem| {
            let mut out = Vec::new();
            Failure::from(problem)
                .write_to(&mut anstream::StripStream::new(&mut out))
                .expect("a vector takes everything");
            String::from_utf8(out).expect("text")
        };
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
