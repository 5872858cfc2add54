"""Every author has a name."""

from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    with op.batch_alter_table("authors") as batch:
        batch.alter_column("name", nullable=False)


def downgrade():
    with op.batch_alter_table("authors") as batch:
        batch.alter_column("name", nullable=True)
