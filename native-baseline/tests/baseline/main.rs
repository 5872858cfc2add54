//! The program, started and talked to.

mod http;
mod start;
mod support;
