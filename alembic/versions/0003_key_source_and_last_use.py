"""Keys that are bound to a source, and when a key was last used.

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("keys") as keys:
        keys.add_column(sa.Column("source", sa.String(), nullable=True))
        keys.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Remove the columns; keys that are bound to a source are revoked, for the old program would not bind
    them."""
    op.execute(
        "UPDATE keys SET revoked_at = CURRENT_TIMESTAMP WHERE source IS NOT NULL AND revoked_at IS NULL"
    )
    with op.batch_alter_table("keys") as keys:
        keys.drop_column("last_used_at")
        keys.drop_column("source")
