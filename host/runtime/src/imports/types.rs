//! `dormouse:background/types`: values only, no functions.

use crate::bindings::v0_1::types;
use crate::sandbox::RunState;

impl types::Host for RunState {}
