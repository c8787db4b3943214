"""Uploads of many vendors with random faults from the table.

    make soak SECONDS=120 SEED=7

Prints its seed first and each action when it happens; the same seed repeats the same actions at the
same times. Exits with 0 if every promise holds after the faults are removed.
"""

import html
import json
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread, Timer
from typing import Any

from deploy.local import stopping
from imports.execution.failpoints import POINTS
from tests.faults.cases import Case
from tests.faults.checker import LOGS, check
from tests.faults.http_faults import (
    BLACK_HOLE,
    DROPPED,
    EXPIRED,
    REPLY_LOST,
    SERVER_ERROR,
    THROTTLED,
    TRIPLED,
    UNAVAILABLE,
    Fault,
)
from tests.faults.messages import event, send
from tests.faults.people import Person
from tests.faults.proxy import Proxy
from tests.faults.staff_files import KINDS
from tests.faults.webhooks import add_webhook, is_delivered, said_once
from tests.faults.world import World, running, wait_until
from tests.imports.webhooks.receiver import receiving

VENDORS = 6
PRODUCTS = 200  # of the first vendor, which its updates change
CATALOG = VENDORS  # the number of a vendor whose files replace the catalog, of as many products
FIRST_OF_CATALOG = 5_000_000
RIGHT = {"price": "5.00", "category": "Books", "stock_quantity": "5"}
MOST_MISSING = 30  # of a file that replaces; more than a fifth would be refused
OPERATIONS = (
    *("sqs.ReceiveMessage", "sqs.SendMessage", "sqs.DeleteMessage", "*Send*Email*"),
    *("s3.GET", "s3.LIST", "s3.PUT", "s3.*"),
    *("dynamodb.BatchGetItem", "dynamodb.BatchWriteItem", "dynamodb.*"),
)
FAULTS = (
    *(SERVER_ERROR, UNAVAILABLE, EXPIRED, THROTTLED, DROPPED, REPLY_LOST, BLACK_HOLE),
    *(Fault(cut=300), Fault(slow=1.5)),
)
# Those of the web need a user who submits a form; clean_up and never_arrived need hours.
DEADLY = [p for p in POINTS if not p.startswith(("send.", "clean_up.", "never_arrived."))]

Action = Callable[[Case, random.Random], str]


def kill(case: Case, chance: random.Random) -> str:
    name = chance.choice(("worker", *LOGS))
    case.world.kill(name)
    return f"kill {name}"


def kill_a_child(case: Case, chance: random.Random) -> str:
    case.world.kills += 1
    with suppress(IndexError):  # it has none just now
        stopping.send(chance.choice(case.world.children("worker")), signal.SIGKILL)
    return "kill a child of the worker"


def freeze_a_child(case: Case, chance: random.Random) -> str:
    seconds = chance.uniform(1, 5)
    with suppress(IndexError):  # it has none just now
        pid = chance.choice(case.world.children("worker"))
        stopping.send(pid, signal.SIGSTOP)
        Timer(seconds, stopping.send, (pid, signal.SIGCONT)).start()
    return f"freeze a child of the worker for {seconds:.1f} s"


def stop_politely(case: Case, chance: random.Random) -> str:
    case.world.kill("worker", signal.SIGTERM)
    return "SIGTERM to the worker"


def freeze_beat(case: Case, chance: random.Random) -> str:
    pid = case.world.pid("beat")
    stopping.send(pid, signal.SIGSTOP)
    Timer(5, stopping.send, (pid, signal.SIGCONT)).start()
    return "freeze beat for 5 s"


def die_at_a_point(case: Case, chance: random.Random) -> str:
    point, times = chance.choice(DEADLY), chance.choice((1, 1, 2))
    case.world.order_death(point, times)
    return f"die {times} times at {point}"


def restart_postgres(case: Case, chance: random.Random) -> str:
    case.world.kill("postgres", signal.SIGQUIT)
    return "restart PostgreSQL at once"


def database_down(case: Case, chance: random.Random) -> str:
    seconds = chance.uniform(0.5, 4)
    away(case.world, case.world.pg, seconds)
    return f"PostgreSQL away for {seconds:.1f} s"


def aws_down(case: Case, chance: random.Random) -> str:
    seconds = chance.uniform(0.5, 4)
    away(case.world, case.world.http, seconds)
    return f"AWS away for {seconds:.1f} s"


def away(world: World, proxy: Proxy, seconds: float) -> None:
    """Stop the proxy and start it again later."""
    world.do(proxy.stop())

    def back() -> None:
        with suppress(OSError):  # `heal` has started it already
            world.do(proxy.start())

    Timer(seconds, back).start()


def cut_a_commit(case: Case, chance: random.Random) -> str:
    having = chance.choice((b"incoming_products", b"notifications", b"upload_history"))
    committed = chance.choice((True, False))
    case.world.pg.cut_commit(having=having, committed=committed)
    return f"cut {'after' if committed else 'before'} a COMMIT of {having.decode()}"


def fail_an_operation(case: Case, chance: random.Random) -> str:
    operation, times = chance.choice(OPERATIONS), chance.randint(1, 6)
    number = chance.randrange(len(FAULTS))
    case.world.http.fail(operation, FAULTS[number], times=times)
    return f"{operation} fails {times} times: {FAULTS[number]}"


def triple_messages(case: Case, chance: random.Random) -> str:
    case.world.http.fail("sqs.SendMessage", TRIPLED, times=30)
    return "30 messages three times"


def repeat_an_event(case: Case, chance: random.Random) -> str:
    # A form's version is not known here.
    if with_version := [sent for sent in case.sent if sent.version]:
        sent = chance.choice(with_version)
        send(case, "Events", event(case, sent.key, sent.version))
    return "an event again"


def cancel_or_retry(case: Case, chance: random.Random) -> str:
    what = chance.choice(("cancel", "retry"))
    pick = chance.random()
    click(case, pick, what)
    return f"{what} an upload"


def undo_an_update(case: Case, chance: random.Random) -> str:
    """Of products that other files change, too; or undo an undo."""
    click(case, chance.random(), "undo", of=("update", "replace", "undo"))
    return "undo an update"


def import_a_check(case: Case, chance: random.Random) -> str:
    click(case, chance.random(), "import", of=("check",))
    return "import a check"


def click(case: Case, pick: float, what: str, of: tuple[str, ...] = ()) -> None:
    """Click on an upload, if there is one of these modes and the portal is not down just now."""
    with suppress(Exception):
        uploads = [each for each in case.uploads() if not of or each["mode"] in of]
        upload_id = uploads[int(pick * len(uploads))]["upload_id"]
        page = f"/uploads/{upload_id}/"
        form = f"{page}undo/" if what == "undo" else page
        Person(case, "admin").post(f"{page}{what}/", {}, form=form)


def fix_rows(case: Case, chance: random.Random) -> str:
    """Correct wrong values of a file that was dropped, as far as three are enough."""
    pick = chance.random()
    with suppress(Exception):  # the portal may be down just now
        found = [each for each in case.uploads() if each["error_records"] and is_drop(each)]
        upload_id = found[int(pick * len(found))]["upload_id"]
        person = Person(case, "admin")
        page = person.get(f"/uploads/{upload_id}/fix/").text
        known = re.search(r'name="known" value="([0-9]+)"', page)
        for of in map(html.unescape, re.findall(r'name="of" value="([^"]+)"', page)):
            column, _ = json.loads(of)
            if known and column in RIGHT:
                fields = {"of": of, "to": RIGHT[column], "known": known[1], "send": ""}
                person.post(f"/uploads/{upload_id}/fix/", fields)
                break
    return "fix rejected rows"


def is_drop(upload: dict[str, Any]) -> bool:
    """Whether the file adds products of a vendor that no update changes."""
    return bool(upload["dataset"] == "products" and upload["mode"] == "create")


def edit_a_product(case: Case, chance: random.Random) -> str:
    """One of the products that no update changes, so that what it contains stays certain."""
    pick = chance.random()
    with suppress(Exception):  # the portal may be down just now
        found = case.world.rows(
            "SELECT product_id FROM products WHERE vendor_id = %s ORDER BY product_id",
            [case.vendor(CATALOG)],
        )
        page = f"/products/{found[int(pick * len(found))]['product_id']}/"
        to = chance.choice(("active", "inactive"))
        Person(case, "admin").post(f"{page}status/", {"to": to}, form=page)
    return "deactivate or reactivate a product"


ACTIONS: tuple[Action, ...] = (
    *(kill, kill_a_child, freeze_a_child, stop_politely, freeze_beat),
    *(die_at_a_point, die_at_a_point, die_at_a_point),
    *(restart_postgres, database_down, aws_down, cut_a_commit, cut_a_commit),
    *(fail_an_operation, fail_an_operation, fail_an_operation, fail_an_operation),
    *(triple_messages, repeat_an_event, cancel_or_retry),
    *(undo_an_update, undo_an_update, import_a_check, edit_a_product, fix_rows, fix_rows),
)


def drop_a_file(case: Case, chance: random.Random) -> None:
    """Mostly small files with new rows; sometimes large, sometimes with SKUs of other vendors,
    and sometimes staff's, with half of the rows from an earlier file."""
    count = chance.choice((20, 50, 300, 1_500, 3_000))
    bad = chance.randint(0, count // 10)
    if chance.random() < 0.3:
        dataset = chance.choice(tuple(KINDS))
        first = 1 + chance.randrange(3) * count // 2
        case.drop_as_staff(dataset, count, bad=bad, first=first, seed=chance.randrange(10**6))
        return
    contested = chance.random() < 0.2
    vendor = chance.randrange(1, VENDORS)
    first = 1 if contested else 10_000 * (len(case.sent) + 1)
    rows = case.rows(count, bad=0 if contested else bad, first=first, seed=chance.randrange(10**6))
    if contested:
        rows = rows[:50]
        for row in rows:  # the vendor's own IDs, SKUs shared by all
            row["vendor_product_id"] += f"-{len(case.sent)}"
    case.drop(rows, vendor=vendor)


def keep_submitting(case: Case, person: Person, seed: int, stop: Event) -> None:
    """Upload files through the form, one after another: updates of the first vendor's products,
    which change the same ones again and again, and checks, which must change nothing.

    More than a second apart: two updates stored within one may be applied in either order, if the
    sweep for missing events finds one of them.
    """
    chance = random.Random(f"{seed} form")
    while not stop.wait(chance.uniform(1.1, 2)):
        rows = case.rows(PRODUCTS, seed=chance.randrange(10**6))
        if chance.random() < 0.2:
            replace_the_catalog(case, chance)
            continue
        if chance.random() < 0.3:
            rows = case.rows(chance.choice((20, 300)), bad=5, first=10**6 + chance.randrange(100))
            answer = case.submit(person, rows, mode="check")
        else:
            rows = chance.sample(rows, chance.choice((5, 50, PRODUCTS)))
            answer = case.submit(person, rows, mode="update")
        print(f"         form: {answer.status}", flush=True)  # noqa: T201 - a command's output


def replace_the_catalog(case: Case, chance: random.Random) -> None:
    """As the first rows of a vendor that no other file is of."""
    rows = case.rows(PRODUCTS, first=FIRST_OF_CATALOG, seed=chance.randrange(10**6))
    missing = chance.randrange(MOST_MISSING)
    case.drop(chance.sample(rows, PRODUCTS - missing), vendor=CATALOG, mode="replace")


def moments(chance: random.Random, seconds: float, every: float) -> Iterator[float]:
    """Random times within this many seconds, `every` so often on average."""
    moment = chance.expovariate(1 / every)
    while moment < seconds:
        yield moment
        moment += chance.expovariate(1 / every)


def soak(seconds: float, seed: int) -> None:
    """Raises AssertionError when a promise is broken."""
    agenda = [(at, "file") for at in moments(random.Random(seed), seconds, 1.0)]
    agenda += [(at, "fault") for at in moments(random.Random(-seed), seconds, 1.5)]
    with running(most_receives=1_000, MAX_ATTEMPTS="100") as world, receiving() as receiver:
        case = Case(world, tag=f"S{seed % 10**6}")
        person = Person(case)
        webhook, secret = add_webhook(person, receiver.url)
        case.drop(case.rows(PRODUCTS))
        case.drop(case.rows(PRODUCTS, first=FIRST_OF_CATALOG), vendor=CATALOG)
        case.settle()
        stop = Event()
        vendor = Thread(target=keep_submitting, args=(case, person, seed, stop))
        vendor.start()
        began = time.monotonic()
        for number, (at, what) in enumerate(sorted(agenda)):
            # One for each, so that no choice depends on the state of the system at an earlier one.
            chance = random.Random(f"{seed} {number}")
            time.sleep(max(0.0, began + at - time.monotonic()))
            if what == "file":
                drop_a_file(case, chance)
            else:
                said = chance.choice(ACTIONS)(case, chance)
                print(f"{at:7.2f} s  {said}", flush=True)  # noqa: T201 - a command's output
        stop.set()
        vendor.join()
        # Each of these may have happened between sending an email and recording that it was sent.
        lost = sum(rule.hits for rule in world.http.rules)
        case.more_mails = world.kills + len(world.pg.cuts) + lost
        case.unsent_mails = lost
        kills = world.kills
        world.heal()
        world.kills = kills
        case.stop_waiting_for_files()  # of forms that failed
        case.settle(within=120)
        for sent in case.sent:
            if sent.mode == "check" and not case.upload_of(sent)["only_check"]:
                sent.mode = "create"  # it was imported
        check(case)
        wait_until("the webhook has all", lambda: is_delivered(case, webhook))
        assert list(said_once(case, webhook, secret, receiver)) == []
        print(f"{len(case.sent)} files, {len(agenda) - len(case.sent)} faults: all as promised")  # noqa: T201


if __name__ == "__main__":
    the_seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    print(f"seed {the_seed}: make soak SECONDS={sys.argv[1]} SEED={the_seed}", flush=True)  # noqa: T201
    soak(float(sys.argv[1]), the_seed)
