//! What a person and the guard must know of an operation before it runs. Each question is one exhaustive `match`.

mod describe;
mod effects;

pub use effects::Touched;
