//! `dormouse:background/app-types`: values only, no functions.

use crate::bindings::v0_1::app::app_types;
use crate::sandbox::RunState;

impl app_types::Host for RunState {}
