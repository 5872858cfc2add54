//! Names in the description: each used once.

use std::collections::HashSet;

/// The names given so far.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The schema's name of a plugin's collection: `ShopOrderLines`.
    pub(super) fn schema(&mut self, plugin: &str, collection: &str) -> String {
        let words = [plugin, collection].into_iter().flat_map(|name| name.split(|c: char| !c.is_ascii_alphanumeric()));
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        };
        self.unique(words.filter_map(capital).collect())
    }

    /// An operation's id: `shop_order_lines_create`.
    pub(super) fn operation(&mut self, plugin: &str, collection: &str, verb: &str) -> String {
        self.unique(format!("{}_{}_{verb}", plain(plugin), plain(collection)))
    }

    /// A route's id: `shop_order_invoices`.
    pub(super) fn route(&mut self, plugin: &str, route: &str) -> String {
        self.unique(format!("{}_{}", plain(plugin), plain(route)))
    }

    /// Different things can have one plain name; the later one gets a number.
    fn unique(&mut self, name: String) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|candidate| !self.0.contains(candidate)).unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

fn plain(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        assert_eq!(names.schema("order-book", "order_lines"), "OrderBookOrderLines");
        assert_eq!(names.schema("order", "book-order-lines"), "OrderBookOrderLines_2");
        assert_eq!(names.operation("a", "b-c", "list"), "a_b_c_list");
        assert_eq!(names.operation("a-b", "c", "list"), "a_b_c_list_2");
    }
}
