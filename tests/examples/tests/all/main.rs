//! Each example does what its first lines say.

mod bad_citizen;
mod feed_digest;
mod house;
mod notes;
mod thumbnails;
mod web;
