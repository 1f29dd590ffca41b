"""Models of SQLModel for the tables that recurd works on, as Alembic finds them after `recurctl migrate up`.

Copy what you need; your User stays yours.  What stands between "# recurd:" and "# end" belongs to recurd.  Keep it,
to query tasks by their template, say; or delete it all and use filter.py.  Either way `alembic check` is green and
`revision --autogenerate` proposes nothing.  See recurd-orm(7).
"""

from datetime import datetime
from typing import Optional

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, ForeignKey, Index, String, Text
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

PRIORITIES = "priority in ('low', 'medium', 'high', 'urgent')"


class RecurringTask(SQLModel, table=True):
    """A template: next_due_at is the first due date when it is made, and recurd moves it on."""

    __tablename__ = "recurring_tasks"

    id: str = Field(sa_column=Column(String, primary_key=True))
    user_id: str = Field(
        sa_column=Column(String, ForeignKey("user.id", name="fk_recurring_tasks_user_id"), nullable=False)
    )
    title: str = Field(sa_column=Column(String(200), nullable=False))
    description: Optional[str] = Field(default=None, sa_column=Column(String(2000)))
    priority: str = Field(default="medium", sa_column=Column(String(20), nullable=False, server_default="medium"))
    recurrence_rule: dict = Field(sa_column=Column(JSONB, nullable=False))
    next_due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    is_active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    created_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
    updated_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
    # recurd: read these, never write them
    starts_local: Optional[datetime] = Field(default=None, sa_column=Column(DateTime))
    starts_zone: Optional[str] = Field(default=None, sa_column=Column(Text))
    planned_due_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    made_through: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    used_count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    replan_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    paused_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    resumed_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    ended_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    failed_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    failure: Optional[str] = Field(default=None, sa_column=Column(Text))
    wake_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    # end

    __table_args__ = (
        CheckConstraint(PRIORITIES, name="ck_recurring_tasks_priority_valid"),
        Index("ix_recurring_tasks_user_id", "user_id"),
        Index("ix_recurring_tasks_user_id_next_due_at", "user_id", "next_due_at"),
        Index("ix_recurring_tasks_is_active", "is_active"),
        Index("ix_recurring_tasks_recurrence_rule", "recurrence_rule", postgresql_using="gin"),
        # recurd:
        Index("ix_recurring_tasks_due", "next_due_at", postgresql_where=text("is_active and failed_at is null")),
        Index(
            "ix_recurring_tasks_replan", "replan_at",
            postgresql_where=text(
                "replan_at is not null and failed_at is null and (is_active or ended_at is not null)"
            ),
        ),
        Index("ix_recurring_tasks_quarantined", "next_due_at", postgresql_where=text("failed_at is not null")),
        Index(
            "ix_recurring_tasks_paused", "next_due_at",
            postgresql_where=text("not is_active and ended_at is null"),
        ),
        Index("ix_recurring_tasks_ended", "next_due_at", postgresql_where=text("ended_at is not null")),
        Index(
            "ix_recurring_tasks_wake", "wake_at",
            postgresql_where=text("is_active and failed_at is null and wake_at is not null"),
        ),
        # end
    )


class Task(SQLModel, table=True):
    """created_at and updated_at are UTC without a zone; the database has no default for them."""

    __tablename__ = "tasks"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    title: str = Field(sa_column=Column(String(200), nullable=False))
    description: Optional[str] = Field(default=None, sa_column=Column(String(2000)))
    is_complete: bool = Field(default=False, sa_column=Column(Boolean, nullable=False))
    user_id: str = Field(sa_column=Column(Text, ForeignKey("user.id"), nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime, nullable=False))
    priority: str = Field(default="medium", sa_column=Column(String(20), nullable=False, server_default="medium"))
    due_date: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    remind_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    recurrence_rule: Optional[dict] = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    # recurd: read these, never write them; recurring_task_id says which template a task comes from.  Triggers keep
    # it, no foreign key: a relationship says primaryjoin="foreign(Task.recurring_task_id) == RecurringTask.id".
    recurring_task_id: Optional[str] = Field(default=None, sa_column=Column(String))
    occurrence_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    reminded_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    completed_at: Optional[datetime] = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    repeat_of: Optional[str] = Field(default=None, sa_column=Column(Text))
    # end

    __table_args__ = (
        CheckConstraint(PRIORITIES, name="ck_tasks_priority_valid"),
        Index("ix_tasks_is_complete", "is_complete"),
        Index("ix_tasks_user_id", "user_id"),
        Index("ix_tasks_title", "title"),
        Index("ix_tasks_created_at", "created_at"),
        Index("ix_tasks_updated_at", "updated_at"),
        Index("ix_tasks_user_id_created_at", "user_id", "created_at"),
        Index("ix_tasks_user_id_is_complete", "user_id", "is_complete"),
        Index("ix_tasks_priority", "priority"),
        Index("ix_tasks_due_date", "due_date"),
        Index("ix_tasks_remind_at", "remind_at"),
        Index("ix_tasks_recurrence_rule", "recurrence_rule", postgresql_using="gin"),
        # recurd:
        Index(
            "ux_tasks_recurring_task_id_occurrence_at", "recurring_task_id", "occurrence_at", unique=True,
            postgresql_where=text("recurring_task_id is not null"),
        ),
        Index("ux_tasks_repeat_of", "repeat_of", unique=True, postgresql_where=text("repeat_of is not null")),
        Index(
            "ix_tasks_pending_remind_at", "remind_at",
            postgresql_where=text(
                "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"
            ),
        ),
        Index(
            "ix_tasks_user_id_pending_remind_at", "user_id", "remind_at",
            postgresql_where=text(
                "remind_at is not null and not is_complete and (reminded_at is null or remind_at > reminded_at)"
            ),
        ),
        # end
    )


class Tag(SQLModel, table=True):
    __tablename__ = "tags"

    id: str = Field(sa_column=Column(String, primary_key=True))
    user_id: str = Field(sa_column=Column(String, ForeignKey("user.id", name="fk_tags_user_id"), nullable=False))
    name: str = Field(sa_column=Column(String(50), nullable=False))
    color: str = Field(default="#007bff", sa_column=Column(String(7), nullable=False, server_default="#007bff"))
    created_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
    updated_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )

    __table_args__ = (
        Index("ix_tags_user_id", "user_id"),
        Index("ix_tags_user_id_name", "user_id", "name", unique=True),
    )


class TaskTag(SQLModel, table=True):
    __tablename__ = "task_tags"

    task_id: str = Field(
        sa_column=Column(
            String, ForeignKey("tasks.id", name="fk_task_tags_task_id", ondelete="CASCADE"), primary_key=True
        )
    )
    tag_id: str = Field(
        sa_column=Column(
            String, ForeignKey("tags.id", name="fk_task_tags_tag_id", ondelete="CASCADE"), primary_key=True
        )
    )
    created_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )

    __table_args__ = (
        Index("ix_task_tags_task_id", "task_id"),
        Index("ix_task_tags_tag_id", "tag_id"),
        Index("ix_task_tags_task_tag", "task_id", "tag_id", unique=True),
    )
