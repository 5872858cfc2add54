//! Whether a type is an `Option`, asked of the compiler: a derive sees only how a type is written, and an alias is written otherwise.

use std::marker::PhantomData;

/// `Probe::<T>::IS_OPTION` finds the constant of the type itself if `T` is an `Option`, and that of [`NotAnOption`] if not.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T> Probe<Option<T>> {
    /// It is one.
    pub const IS_OPTION: bool = true;
}

/// What every type says that has nothing better to say.
pub trait NotAnOption {
    /// It is none.
    const IS_OPTION: bool = false;
}

impl<T: ?Sized> NotAnOption for Probe<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    type Maybe = Option<String>;

    #[test]
    fn an_alias_is_what_it_stands_for() {
        assert_eq!([Probe::<Maybe>::IS_OPTION, Probe::<String>::IS_OPTION], [true, false]);
    }
}
