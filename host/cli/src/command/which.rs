//! From what somebody writes to the registration that he means.

use dormouse::core::Registration;
use dormouse::{AppId, Host, RegistrationId};

use crate::cli::WhichArgs;
use crate::error::{Failure, Result};
use crate::exit::Exit;

/// The fewest digits of an id's end that are taken for one: what tables show.
const ID_END_LEN: usize = 8;

/// The registration with this id, with an id that ends so, or of this name.
pub(super) fn find(host: &Host, args: &WhichArgs) -> Result<Registration> {
    let of_app = |app: &AppId| args.app.as_ref().is_none_or(|wanted| wanted == app);
    let mut known: Vec<Registration> = host.registrations().into_iter().map(|r| r.registration).collect();
    known.retain(|registration| of_app(&registration.app));
    let mut found: Vec<&Registration> = known.iter().filter(|r| r.name == args.which).collect();
    if found.is_empty() {
        found = known.iter().filter(|r| is_id(r.id, &args.which)).collect();
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let of = args.app.as_ref().map(|app| format!(" of app `{app}`")).unwrap_or_default();
            Err(Failure::new(Exit::Usage, format!("there is no registration `{}`{of}", args.which))
                .help("`dormouse registrations` lists them"))
        }
        several => {
            let all: Vec<String> = several.iter().map(|r| format!("{} of {}", r.id, r.app)).collect();
            Err(Failure::new(
                Exit::Usage,
                format!("several registrations are `{}`: {}", args.which, all.join(", ")),
            )
            .help("name its --app, or write its id"))
        }
    }
}

fn is_id(id: RegistrationId, text: &str) -> bool {
    text.parse() == Ok(id)
        || (text.len() >= ID_END_LEN && id.to_string().ends_with(&text.to_ascii_lowercase()))
}
