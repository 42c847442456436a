//! Who asks, and whether they may.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, HeaderMap};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Who asks: an extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The program that the server is in.
    InProcess,
    /// A process of this machine, on the Unix socket.
    Unix {
        /// Its user.
        uid: u32,
        /// Its process, if it is in sight.
        pid: Option<i32>,
    },
    /// Somebody on a TCP connection who knows the token.
    Tcp(SocketAddr),
}

impl Peer {
    /// Who asks what has these extensions.
    pub(super) fn of(extensions: &http::Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::InProcess)
    }
}

/// Whether a process of user `uid` may ask a host of user `own`: that user, and root.
pub(super) const fn may(uid: u32, own: u32) -> bool {
    uid == own || uid == 0
}

/// What whoever asks over TCP has to know. It is not shown in logs.
#[derive(Clone)]
pub struct Token {
    /// Of the same length whatever the token is: comparing tells nothing about it.
    digest: [u8; 32],
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has {TOKEN_LEN_MIN} to {TOKEN_LEN_MAX} visible ASCII characters; this one has not")]
pub struct TokenError;

/// The shortest token, in bytes: a shorter one could be guessed.
pub const TOKEN_LEN_MIN: usize = 32;

/// The longest.
pub const TOKEN_LEN_MAX: usize = 1024;

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// The token with this text.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if it is too short to be safe, too long, or cannot be written in a header.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || !(TOKEN_LEN_MIN..=TOKEN_LEN_MAX).contains(&text.len()) {
            return Err(TokenError);
        }
        Ok(Self { digest: Sha256::digest(text).into() })
    }

    /// A text for a new token: 32 random bytes in base64url.
    ///
    /// # Errors
    ///
    /// The machine gives no random bytes.
    pub fn make() -> Result<String, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whether the request brings it along: `Authorization: Bearer TOKEN`, once.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let mut all = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (all.next(), all.next()) else { return false };
        let Some((scheme, given)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let digest: [u8; 32] = Sha256::digest(given.trim_start()).into();
        scheme.eq_ignore_ascii_case("bearer") && bool::from(digest.ct_eq(&self.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_user_and_root_may() {
        assert!(may(1000, 1000) && may(0, 1000) && may(0, 0));
        assert!(!may(1001, 1000) && !may(1000, 0));
    }

    #[test]
    fn only_the_token_itself_is_one() {
        let text = Token::make().unwrap();
        assert_eq!(text.len(), 43);
        let token = Token::new(&text).unwrap();
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            token.is_in(&headers)
        };
        let right = format!("Bearer {text}");
        assert!(with(&[&right]) && with(&[&format!("bearer {text}")]));
        for wrong in [vec![], vec![text.as_str()], vec!["Bearer "], vec!["Basic x"], vec![&right, &right]] {
            assert!(!with(&wrong), "{wrong:?}");
        }
        assert!(!with(&[&format!("{right}x")]) && !with(&[&right[..right.len() - 1]]));
    }

    #[test]
    fn a_token_that_could_be_guessed_is_refused() {
        for bad in
            ["", "hunter2", &"a".repeat(TOKEN_LEN_MIN - 1), &" ".repeat(40), &"a".repeat(TOKEN_LEN_MAX + 1)]
        {
            assert!(Token::new(bad).is_err(), "{bad:?}");
        }
        assert!(Token::new(&"a".repeat(TOKEN_LEN_MIN)).is_ok());
    }
}
