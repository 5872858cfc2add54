//! Values written as plain text, as parameters are: a `serde` deserializer.
//!
//! The names of a struct's fields are asked for one by one, so that nothing is read that nobody wants.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// Why a parameter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The parameter's name; empty when it is not known yet.
    pub(super) at: String,
    /// Empty where the author is to blame.
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Refused {
    fn new(code: &'static str, detail: String) -> Self {
        Self { at: String::new(), code, detail }
    }

    /// The request is not at fault: a handler's type cannot be read from parameters.
    fn of_the_author(detail: &str) -> Self {
        Self::new("", detail.to_owned())
    }

    pub(super) fn is_the_authors(&self) -> bool {
        self.code.is_empty()
    }

    fn at(mut self, name: &str) -> Self {
        if self.at.is_empty() {
            name.clone_into(&mut self.at);
        }
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(said: T) -> Self {
        Self::new("invalid", said.to_string())
    }

    fn invalid_type(got: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new("type", format!("must be {wanted}, not {got}"))
    }

    fn invalid_value(got: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        Self::new("range", format!("must be {wanted}, not {got}"))
    }

    fn unknown_variant(got: &str, words: &'static [&'static str]) -> Self {
        Self::new("enum", format!("must be one of {}, not {got:?}", words.join(", ")))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new("required", "is required".to_owned()).at(name)
    }
}

/// Reads parameters of one place. `named` answers the values of a name, in order; `names` are those of a path, in order.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'a> {
    pub(super) named: &'a dyn Fn(&str) -> Vec<String>,
    pub(super) names: &'a [&'a str],
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Parameters<'_> {
    /// The one parameter that there is, for a type that is no struct.
    fn only(&self) -> Result<Values<'_>, Refused> {
        let found = self.names.iter().map(|name| Values { name, values: (self.named)(name) }).find(|values| !values.values.is_empty());
        found.ok_or_else(|| {
            Refused::of_the_author("there is no one parameter for it; take a struct whose fields are named like the parameters")
        })
    }
}

/// A type that is no struct is the value of the only parameter.
macro_rules! alone {
    ($($deserialize:ident)*) => { $(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.only()?.reading(|values| values.$deserialize(visitor))
        }
    )* };
}

impl<'de> Deserializer<'de> for Parameters<'_> {
    type Error = Refused;

    alone! {
        deserialize_any deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64 deserialize_option deserialize_seq deserialize_identifier deserialize_ignored_any deserialize_unit
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.only()?.reading(|values| values.deserialize_enum(name, variants, visitor))
    }

    /// A tuple takes the parameters in the order of the path.
    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(InOrder(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_map(Fields { parameters: self, fields: fields.iter(), value: None })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_map<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Refused> {
        Err(Refused::of_the_author("it must be a struct that names each parameter, without #[serde(flatten)]"))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _name: &'static str, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_tuple(len, visitor)
    }
}

struct InOrder<'a>(Parameters<'a>);

impl<'de> de::SeqAccess<'de> for InOrder<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some((name, rest)) = self.0.names.split_first() else { return Ok(None) };
        self.0.names = rest;
        Values { name, values: (self.0.named)(name) }.reading(|values| seed.deserialize(values)).map(Some)
    }
}

struct Fields<'a> {
    parameters: Parameters<'a>,
    fields: std::slice::Iter<'static, &'static str>,
    value: Option<Values<'static>>,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        for &name in self.fields.by_ref() {
            let values = (self.parameters.named)(name);
            if !values.is_empty() {
                self.value = Some(Values { name, values });
                let name: StrDeserializer<'_, Refused> = name.into_deserializer();
                return seed.deserialize(name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let values = self.value.take().ok_or_else(|| Refused::custom("a value was asked for before its name"))?;
        values.reading(|values| seed.deserialize(values))
    }
}

/// What was given for one name.
struct Values<'a> {
    name: &'a str,
    values: Vec<String>,
}

impl<'a> Values<'a> {
    fn reading<T>(self, read: impl FnOnce(Self) -> Result<T, Refused>) -> Result<T, Refused> {
        let name = self.name;
        read(self).map_err(|refused| refused.at(name))
    }

    fn text(mut self) -> Result<String, Refused> {
        match (self.values.pop(), self.values.is_empty()) {
            (Some(text), true) => Ok(text),
            (None, _) => Err(Refused::missing_field("")),
            (Some(_), false) => Err(Refused::new("duplicate", "is given twice".to_owned())),
        }
    }

    fn number<N: std::str::FromStr>(self, wanted: &str) -> Result<N, Refused> {
        let text = self.text()?;
        // `+1` is a number to Rust, and to nobody who writes JSON.
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        number.ok_or_else(|| Refused::new("type", format!("must be {wanted}, not {text:?}")))
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $wanted:literal)*) => { $(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            visitor.$visit(self.number($wanted)?)
        }
    )* };
}

impl<'de> Deserializer<'de> for Values<'_> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.text()?.as_str() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            text => Err(Refused::new("type", format!("must be true or false, not {text:?}"))),
        }
    }

    numbers! {
        deserialize_i8 visit_i64 "a whole number"
        deserialize_i16 visit_i64 "a whole number"
        deserialize_i32 visit_i64 "a whole number"
        deserialize_i64 visit_i64 "a whole number"
        deserialize_u8 visit_u64 "a whole number, 0 or more"
        deserialize_u16 visit_u64 "a whole number, 0 or more"
        deserialize_u32 visit_u64 "a whole number, 0 or more"
        deserialize_u64 visit_u64 "a whole number, 0 or more"
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let number: f64 = self.number("a number")?;
        if number.is_finite() { visitor.visit_f64(number) } else { Err(Refused::new("type", "must be a finite number".to_owned())) }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(Each { name: self.name, values: self.values.into_iter() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let text: serde::de::value::StringDeserializer<Refused> = self.text()?.into_deserializer();
        visitor.visit_enum(text)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

/// A parameter that may be repeated.
struct Each<'a> {
    name: &'a str,
    values: std::vec::IntoIter<String>,
}

impl<'de> de::SeqAccess<'de> for Each<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some(text) = self.values.next() else { return Ok(None) };
        seed.deserialize(Values { name: self.name, values: vec![text] }).map(Some)
    }
}
