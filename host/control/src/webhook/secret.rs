//! What messages are signed with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dormouse_core::Secret;

use super::WebhookError;

/// The least random bytes that a secret is made of.
pub const SECRET_BYTES_MIN: usize = 24;

/// The most random bytes that a secret is made of.
pub const SECRET_BYTES_MAX: usize = 64;

/// Those of a secret that is made here.
const MADE: usize = 32;

const PREFIX: &str = "whsec_";

/// A secret that nobody else has.
pub(super) fn make() -> Result<Secret, WebhookError> {
    let mut bytes = [0; MADE];
    getrandom::fill(&mut bytes).map_err(|error| WebhookError::Random(error.to_string()))?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))))
}

/// Who signs with `secret`.
pub(super) fn signer(secret: &Secret) -> Result<standardwebhooks::Webhook, WebhookError> {
    let encoded = secret.reveal().strip_prefix(PREFIX).ok_or(WebhookError::Secret)?;
    // Four characters for three bytes: what is longer is not even decoded.
    if encoded.len() > SECRET_BYTES_MAX.div_ceil(3) * 4 {
        return Err(WebhookError::Secret);
    }
    let key = STANDARD.decode(encoded).map_err(|_| WebhookError::Secret)?;
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&key.len()) {
        return Err(WebhookError::Secret);
    }
    standardwebhooks::Webhook::from_bytes(key).map_err(|_| WebhookError::Secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: usize) -> Secret {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes])))
    }

    #[test]
    fn a_secret_that_is_made_is_long_and_no_other_is_the_same() {
        let (one, other) = (make().unwrap(), make().unwrap());
        assert_ne!(one, other);
        assert!(signer(&one).is_ok());
        let encoded = one.reveal().strip_prefix("whsec_").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap().len(), 32);
    }

    #[test]
    fn a_secret_that_is_short_or_long_or_none_is_refused() {
        for (bytes, good) in [(23, false), (24, true), (64, true), (65, false), (1_000_000, false)] {
            assert_eq!(signer(&of(bytes)).is_ok(), good, "{bytes}");
        }
        for bad in ["", "whsec_", "hunter2", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"] {
            assert!(signer(&Secret::new(bad.to_owned())).is_err(), "{bad:?}");
        }
        let bare = STANDARD.encode([7; 32]);
        assert!(signer(&Secret::new(bare)).is_err(), "the prefix says what it is, and is asked for");
    }

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        let signer = signer(&Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned())).unwrap();
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
