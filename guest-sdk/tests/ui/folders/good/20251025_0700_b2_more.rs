use tenon_sdk::{Operations, Result, revision};

revision! {
    id = "b2",
    down = ["a1"],
    depends_on = ["shop@a1b2c3d4e5f6"],
    message = "A message of its own",
    created = "2025-10-25T08:30:00Z",
}

pub fn upgrade(_: &Operations) -> Result<()> {
    Ok(())
}

pub fn downgrade(_: &Operations) -> Result<()> {
    Ok(())
}
