macro_rules! plugin {
    ($name:ident, $($setting:tt)*) => {
        mod $name {
            struct Shop;

            impl tenon_sdk::Plugin for Shop {
                fn describe(_: &tenon_sdk::Manifest) {}
            }

            tenon_sdk::plugin!(Shop, $($setting)*);
        }
    };
}

plugin!(a, name = "My Plugin!");
plugin!(b, name = "my_odd");
plugin!(c, name = "b", version = "one");
plugin!(d, name = "b", description = "One.\nTwo.");

fn main() {}
