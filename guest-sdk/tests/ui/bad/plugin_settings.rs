mod colour {
    struct Shop;

    impl tenon_sdk::Plugin for Shop {
        fn describe(_: &tenon_sdk::Manifest) {}
    }

    tenon_sdk::plugin!(Shop, nme = "shop");
}

fn main() {}
