"""What is done to the world: each harm strikes once, and arranges for its own end where it lasts."""

import re
import signal
from datetime import timedelta

import psycopg

from harness.daemon import program
from harness.util import SOURCE, wait_until

BUSY = (
    "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and backend_type = 'client backend' and application_name <> 'tormentor'"
)


def crash_points():
    """None in a build without them."""
    if b"expected POINT or POINT:N" not in program("recurd").read_bytes():
        return []
    text = "".join(path.read_text() for path in (SOURCE / "daemon").rglob("*.c"))
    return re.findall(r'\bfault\("([^"]+)"\)', text)


def some_slot(world, chance):
    up = [slot for slot in world.slots if slot.is_ready]
    return chance.choice(up) if up else None


def start_later(world, chance, slot):
    delay = chance.choice((0, 0, 0.5, 3))
    world.later(delay, lambda: slot.daemon or slot.start(chance))


# Workers -------------------------------------------------------------------------------------------


def kill_worker(world, chance):
    slot = some_slot(world, chance)
    if slot:
        slot.kill()
        start_later(world, chance, slot)
    return slot


def end_worker(world, chance):
    slot = some_slot(world, chance)
    if slot:
        slot.daemon.kill(signal.SIGTERM)
        slot.end([0])
        start_later(world, chance, slot)
    return slot


def wake(slot, daemon):
    if slot.daemon is daemon:
        daemon.kill(signal.SIGCONT)
        slot.frozen = False


def stop_worker(world, chance):
    slot = some_slot(world, chance)
    if slot:
        daemon, slot.frozen = slot.daemon, True
        daemon.kill(signal.SIGSTOP)
        world.later(chance.choice((0.1, 0.5, 2, 5)), lambda: wake(slot, daemon))
    return slot


def crash_point(world, chance):
    """A worker that dies at one of the worst lines; if it does not get there, it just goes on."""
    points, slot = crash_points(), some_slot(world, chance)
    if not slot or not points:
        return False
    slot.kill()
    slot.start(chance, RECURD_FAULT=f"{chance.choice(points)}:{chance.randrange(1, 6)}")
    daemon, slot.frozen = slot.daemon, True

    def over():
        if slot.daemon is not daemon:
            return
        slot.frozen = False
        if daemon.process.poll() is None:
            slot.kill()
        else:
            slot.end([-signal.SIGKILL])
            world.reached += 1
        slot.start(chance)

    world.later(3, over)
    return True


def stop_point(world, chance):
    """A worker that is stopped at one of the worst lines, and wakes past all timeouts."""
    points, slot = crash_points(), some_slot(world, chance)
    if not slot or not points:
        return False
    slot.kill()
    slot.start(chance, RECURD_FAULT_STOP=f"{chance.choice(points)}:{chance.randrange(1, 6)}")
    daemon, slot.frozen = slot.daemon, True

    def over():
        if slot.daemon is daemon and not daemon.status_field("State").startswith("T"):
            slot.kill()  # it did not get there, and must not stop some time later
            slot.start(chance)
        elif slot.daemon is daemon:
            wake(slot, daemon)
            world.reached += 1

    world.later(chance.choice((2, 5)), over)
    return True


def reload(world, chance):
    slot = some_slot(world, chance)
    if slot:
        slot.daemon.write_config(batch_size=chance.choice((1, 20, 500)), connections=chance.choice((1, 2, 4)))
        slot.daemon.kill(signal.SIGHUP)
    return slot


def bad_reload(world, chance):
    slot = some_slot(world, chance)
    if slot:
        daemon = slot.daemon
        daemon.write_config(text="batch_size = none\n")
        daemon.kill(signal.SIGHUP)
        world.later(0.5, lambda: slot.daemon is daemon and daemon.write_config())
    return slot


def ask_state(world, chance):
    slot = some_slot(world, chance)
    if slot:
        slot.daemon.kill(signal.SIGUSR1)
    return slot


# The server ----------------------------------------------------------------------------------------


def terminate_all(world, chance):
    return world.db.column(f"select pg_terminate_backend(pid) from ({BUSY}) b")


def terminate_one(world, chance):
    return world.db.column(f"select pg_terminate_backend(pid) from ({BUSY} order by random() limit 1) b")


def cancel_all(world, chance):
    return world.db.column(f"select pg_cancel_backend(pid) from ({BUSY}) b")


def crash_recovery(world, chance):
    victims = world.db.column(BUSY)
    if not victims:
        return False
    ready = "database system is ready to accept connections"
    before = world.cluster.log().count(ready)
    try:
        world.cluster.kill_backend(chance.choice(victims))
    except (AssertionError, ProcessLookupError):
        return False  # it has just ended by itself
    world.db.close()
    wait_until(lambda: world.cluster.log().count(ready) > before and world.cluster.answers(), 60, ready)
    return True


def restart_server(world, chance):
    world.cluster.restart(chance.choice(("fast", "immediate", "kill")))
    return True


# The network ---------------------------------------------------------------------------------------


def cut(world, chance):
    chance.choice(world.proxies).cut()
    return True


def swallow_replies(world, chance):
    chance.choice(world.proxies).swallow(chance.randrange(1, 4))
    return True


def stall(world, chance):
    proxy = chance.choice(world.proxies)
    if proxy.is_stalled:
        return False
    proxy.stall()
    world.later(chance.choice((0.2, 1, 4)), proxy.resume)
    return True


def refuse(world, chance):
    proxy = chance.choice(world.proxies)
    proxy.refuse()
    world.later(chance.choice((0.2, 1, 3)), proxy.resume)
    return True


def restart_pooler(world, chance):
    if not world.pooler:
        return False
    world.pooler.stop(chance.choice((signal.SIGINT, signal.SIGKILL)))
    world.pooler.start()
    return True


def close_pooler(world, chance):
    """All of its clients are cut and new ones held back; a pooler that was restarted meanwhile has forgotten."""
    if not world.pooler:
        return False
    try:
        world.pooler.command("set query_wait_timeout = 2")
        world.pooler.command(f"kill {world.db.name}")
    except psycopg.Error:
        return False

    def resume():
        try:
            world.pooler.command(f"resume {world.db.name}")
        except psycopg.Error:
            pass

    world.later(chance.choice((0.5, 2, 4)), resume)
    return True


# The application's neighbours ----------------------------------------------------------------------

HELD = (
    "select from recurring_tasks where id in (select id from recurring_tasks order by random() limit 20) for update",
    "select from tasks where id in (select id from tasks order by random() limit 50) for update",
    'select from "user" where id in (select id from "user" order by random() limit 3) for update',
    "lock table tasks in share row exclusive mode",
    "lock table recurring_tasks in access exclusive mode",
)


def hold(world, seconds, *statements):
    """Another session's transaction that stays open; never may a worker make it the victim of a deadlock."""
    conn = world.db.connect(autocommit=False, application_name="tormentor")
    conn.execute("set lock_timeout = '2s'")
    try:
        for statement in statements:
            conn.execute(statement)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
        conn.close()
        return False
    world.later(seconds, conn.close)
    return True


def hold_rows(world, chance):
    return hold(world, chance.choice((0.2, 1, 4)), *chance.sample(HELD[:3], chance.randrange(1, 3)))


def hold_table(world, chance):
    return hold(world, chance.choice((0.2, 1, 2)), chance.choice(HELD[3:]))


def hold_snapshot(world, chance):
    return hold(world, chance.choice((2, 10)), "set transaction isolation level repeatable read", "select count(*) from tasks")


def many_refused(world, chance):
    """Some thousand rows come due, and a trigger of the application's refuses a third of all rows to the workers for a while."""
    if not world.crowd(chance, chance.choice((300, 1000, 2000)), users=50):
        return False
    world.refuse(chance.choice(("P0001", "23514", "53100", "42501", "XX000", "55P03")), chance.randrange(3))
    world.later(chance.choice((0.5, 2, 6)), world.accept)
    return True


def many_held(world, chance):
    """The rows of some hundred users are held, whose templates come due."""
    prefix = world.crowd(chance, 600, users=chance.choice((100, 300)))
    return prefix and hold(
        world, chance.choice((0.5, 2, 4)),
        f"""select from "user" where id like '{prefix}-user-%' and random() < 0.7 order by id for update""",
    )


# The clock -----------------------------------------------------------------------------------------


def leap_ahead(world, chance):
    world.leap(timedelta(hours=chance.choice((1, 3, 10, 24, 72)), seconds=chance.randrange(3600)))
    return True


def fall_back(world, chance):
    world.leap(-timedelta(seconds=chance.choice((2, 60, 5000))))
    return True


HARMS = (
    (kill_worker, 8),
    (end_worker, 3),
    (stop_worker, 5),
    (crash_point, 4),
    (stop_point, 3),
    (reload, 3),
    (bad_reload, 1),
    (ask_state, 1),
    (terminate_all, 3),
    (terminate_one, 4),
    (cancel_all, 2),
    (crash_recovery, 1),
    (restart_server, 1),
    (cut, 4),
    (swallow_replies, 6),
    (stall, 3),
    (refuse, 2),
    (restart_pooler, 2),
    (close_pooler, 2),
    (hold_rows, 5),
    (hold_table, 2),
    (hold_snapshot, 1),
    (many_refused, 1),
    (many_held, 1),
    (leap_ahead, 10),
    (fall_back, 3),
)
