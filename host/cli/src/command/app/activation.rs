//! What `dormouse app launch` activates an app for.

use std::ffi::OsString;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dormouse::core::app::activation::ACTIVATION_LEN_MAX;
use dormouse_control::api::{ActivationRequest, ItemRequest};

use crate::cli::ActivationArgs;
use crate::command::run::plan;
use crate::error::{Failure, Result};
use crate::exit::Exit;
use crate::parse::NamedFileArg;

/// What it is activated for; none if it is launched.
pub(super) fn activation(args: &ActivationArgs) -> Result<Option<ActivationRequest>> {
    Ok(Some(match args {
        ActivationArgs { protocol: Some(uri), .. } => ActivationRequest::Protocol { uri: uri.clone() },
        ActivationArgs { timer: Some(name), .. } => ActivationRequest::Timer { name: name.clone() },
        ActivationArgs { message: Some(named), .. } => {
            let Body { body, body_base64 } = read("--message", named, ACTIVATION_LEN_MAX)?.into();
            let topic = named.name.clone();
            ActivationRequest::Message { topic, content_type: None, body, body_base64 }
        }
        ActivationArgs { custom: Some(named), .. } => {
            let Body { body, body_base64 } = read("--custom", named, ACTIVATION_LEN_MAX)?.into();
            ActivationRequest::Custom { name: named.name.clone(), body, body_base64 }
        }
        ActivationArgs { command_line: true, args, .. } => {
            let arguments = args.iter().map(text).collect::<Result<_>>()?;
            ActivationRequest::CommandLine { arguments, directory: String::new() }
        }
        ActivationArgs { file, .. } if !file.is_empty() => ActivationRequest::File { paths: file.clone() },
        ActivationArgs { share, .. } if !share.is_empty() => {
            ActivationRequest::Share { items: items(share)? }
        }
        _ => return Ok(None),
    }))
}

fn text(argument: &OsString) -> Result<String> {
    argument.clone().into_string().map_err(|argument| {
        let text = format!("the argument {argument:?} is no UTF-8");
        Failure::new(Exit::Usage, text).help("pass it by --custom, as the bytes of a file")
    })
}

/// What is shared: no more of it is read than may be sent together.
fn items(share: &[NamedFileArg]) -> Result<Vec<ItemRequest>> {
    if share.iter().filter(|named| named.file == Path::new("-")).count() > 1 {
        let text = "--share: standard input is there once, and named more than once";
        return Err(Failure::new(Exit::Usage, text).help("name a file for all but one"));
    }
    let mut left = ACTIVATION_LEN_MAX;
    let item = |named: &NamedFileArg| {
        let bytes = read("--share", named, left)?;
        left -= bytes.len();
        let Body { body, body_base64 } = bytes.into();
        Ok(ItemRequest { name: named.name.clone(), content_type: None, body, body_base64 })
    };
    share.iter().map(item).collect()
}

/// The bytes of a file, of which there may be `left` at most.
fn read(flag: &str, named: &NamedFileArg, left: usize) -> Result<Vec<u8>> {
    let bytes = plan::bytes(flag, &named.file, left)?;
    if bytes.len() > left {
        let text =
            format!("{flag}: with `{}` it is more than {ACTIVATION_LEN_MAX} bytes", named.file.display());
        return Err(Failure::new(Exit::Usage, text)
            .help("put it in a directory that the app was granted, and pass its name by --file"));
    }
    Ok(bytes)
}

/// Bytes as a request has them: as text if they are.
#[derive(Debug, PartialEq, Eq)]
struct Body {
    body: Option<String>,
    body_base64: Option<String>,
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { body: Some(text), body_base64: None },
            Err(bytes) => Self { body: None, body_base64: Some(BASE64_STANDARD.encode(bytes.as_bytes())) },
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn named(dir: &TempDir, name: &str, bytes: &[u8]) -> NamedFileArg {
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        NamedFileArg { name: name.to_owned(), file }
    }

    #[test]
    fn what_is_shared_is_text_if_it_is_and_bytes_if_not() {
        let dir = tempfile::tempdir().unwrap();
        let share = [named(&dir, "letter", b"dear mouse"), named(&dir, "picture", b"\xff\xd8")];
        let shared: Vec<_> = items(&share)
            .unwrap()
            .into_iter()
            .map(|item| (item.name, item.content_type, item.body, item.body_base64))
            .collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(
            shared,
            [
                (text("letter"), None, Some(text("dear mouse")), None),
                (text("picture"), None, None, Some(text("/9g="))),
            ]
        );
    }

    #[test]
    fn what_is_shared_is_bounded_together() {
        let dir = tempfile::tempdir().unwrap();
        let most = named(&dir, "most", &vec![b'x'; ACTIVATION_LEN_MAX - 1]);
        let last = named(&dir, "last", b"y");
        assert_eq!(items(&[most.clone(), last.clone()]).unwrap().len(), 2);
        let error = items(&[most, last.clone(), last]).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.text().starts_with("--share: with `") && error.text().contains("last` it is"));
    }

    #[test]
    fn standard_input_is_shared_once() {
        let standard_input = NamedFileArg { name: "n".to_owned(), file: "-".into() };
        let error = items(&[standard_input.clone(), standard_input]).unwrap_err();
        assert!(error.text().contains("standard input"), "{}", error.text());
    }
}
