struct Shop;

tenon_sdk::plugin!(Shop);

fn main() {}
