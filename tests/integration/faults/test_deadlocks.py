"""Deadlocks with what is no batch: the application is never the victim."""

from datetime import timedelta

from faults.storm import OPTIONS, begin, feed
from harness.util import wait_until

WAITING = (
    "select max(clock_timestamp() - waitstart) from pg_locks where not granted and relation = 'recurring_tasks'::regclass"
)


def test_a_migration_that_takes_both_tables(app_db, recurd, tally):
    """Fault 19: the application's DDL has recurring_tasks for more than a second and then wants tasks, three times.

    A poll reads both tables.  It waited for the first without a limit and kept the second from the application:
    PostgreSQL ended the application's transaction, since the poll's own look for deadlocks came too early.
    (Found by ./dev torture, in its own TRUNCATE between two rounds.)
    """
    oracle = begin(app_db)
    daemon = recurd(app_db, **OPTIONS)
    for _ in range(3):
        feed(oracle, 5, 5)
        oracle.settle()
        mark = daemon.mark()
        with app_db.connect(autocommit=False) as migration:
            migration.execute("lock table recurring_tasks in access exclusive mode")
            too_long = timedelta(seconds=1.5)
            wait_until(
                lambda: (app_db.value(WAITING) or timedelta(0)) > too_long or daemon.seen("waiting", since=mark),
                what="a poll waits past its look for deadlocks, or gives up",
            )
            migration.execute("lock table tasks in access exclusive mode")
            migration.commit()
        feed(oracle, 5, 5)
        took = oracle.settle()
    daemon.stop()
    tally(injected=3, recovery=took, **oracle.check([daemon]))
