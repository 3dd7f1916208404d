"""Who acts, and how often each does what. An operation is a function of (client, person, rng), in buying.py or looking.py, and a line of OPERATIONS with its weight; a later
operation of the API joins by adding one. What it asks and is told is in the history, so it returns nothing and judges nothing."""

import threading

from . import office
from .banking import sign_mandate
from .buying import (accept_quote, ask_for_the_impossible, authenticate, change_contract, decide, log_in_again, only_fill_cart, order, pay, pay_link,
                     pay_too_late, pay_twice, register, register_one, save_card, send_signed_file, shop_as_guest,
                     think_of_mails)
from .client import Client, Person
from .looking import (browse, look_at_account, look_at_contract, look_at_lists, look_at_notifications, look_at_offers, look_at_order, look_at_payments,
                     look_at_product, look_at_timeline, read_terms, search, simulate, simulate_apr)

BREATH_S, AIR_S = 1.5, 0.7   # how long clients wait for a day to come to rest before they go on, and then go on at least

# name: (weight, function)
OPERATIONS = {
    "browse": (5, browse), "search": (4, search), "look_at_product": (5, look_at_product), "look_at_offers": (4, look_at_offers),
    "simulate": (3, simulate), "simulate_apr": (1, simulate_apr), "read_terms": (1, read_terms),
    "only_fill_cart": (3, only_fill_cart), "shop_as_guest": (6, shop_as_guest), "accept_quote": (10, accept_quote), "order": (16, order), "pay": (12, pay), "pay_twice": (2, pay_twice), "authenticate": (6, authenticate), "save_card": (4, save_card), "sign_mandate": (3, sign_mandate),
    "pay_link": (8, pay_link), "pay_too_late": (3, pay_too_late),
    "look_at_contract": (4, look_at_contract), "send_signed_file": (2, send_signed_file), "change_contract": (8, change_contract), "think_of_mails": (3, think_of_mails),
    "look_at_order": (10, look_at_order), "look_at_payments": (8, look_at_payments), "look_at_lists": (3, look_at_lists),
    "look_at_account": (4, look_at_account), "look_at_timeline": (3, look_at_timeline), "look_at_notifications": (3, look_at_notifications),
    "log_in_again": (1, log_in_again), "register": (3, register), "ask_for_the_impossible": (2, ask_for_the_impossible),
}


def customer(world, name, seed):
    """One client thread: operations after each other, with a little thought between them, until the run stops."""
    client = Client(name, world, seed, holds_breath=True)
    names, weights = list(OPERATIONS), [weight for weight, _ in OPERATIONS.values()]
    while not client.people and not world.stop.is_set():
        register_one(client, client.begin())
    while not world.stop.is_set():
        rng = client.begin()
        name = rng.choices(names, weights)[0]
        person, thought = client.people[int(rng.random() * len(client.people))], rng.random() * 0.12
        OPERATIONS[name][1](client, person, rng)
        world.stop.wait(thought)
    return client


def time_passes(world, seed):
    """The actor that lets days pass, and has the others hold their breath so that the days come to rest; now and then they only begin to after a while,
    so a day closes under load. An advance that is not answered goes on without us; the next one starts from where it got to."""
    client = Client("clock", world, seed)
    client.api.timeout_s = 20
    me = Person(world.staff_login["username"], world.staff_login["password"])
    while not world.stop.is_set():
        rng = client.begin()
        calm, pause, days = rng.random() < 0.8, 0.2 + 0.6 * rng.random(), rng.choice((1, 2, 3, 4))
        done = threading.Event()
        breathing = threading.Thread(target=hold_breath, args=(world, done, 0 if calm else AIR_S * 3), daemon=True)
        breathing.start()
        client.post("advance_test_clock", "/v1/test-clock/advance", {"days": days}, me, keyed=False)
        done.set()
        breathing.join()
        world.stop.wait(pause)
    return client


def hold_breath(world, done, after_s):
    """Nobody begins a call for BREATH_S, then everybody may for AIR_S, and again, until the day is done."""
    done.wait(after_s)
    while not done.is_set():
        world.gate.clear()
        done.wait(BREATH_S)
        world.gate.set()
        done.wait(AIR_S)


class Load:
    """All actors, each in a thread of its own. An exception in one is the run's."""

    def __init__(self, world, seed, clients):
        self.world = world
        self.failures, self.clients = [], []
        actors = [(f"client-{number}", lambda name=f"client-{number}": customer(world, name, seed)) for number in range(1, clients + 1)]
        actors += [(name, lambda name=name: office.staff(world, seed, decide, name)) for name in ("staff", "clerk")] + [("clock", lambda: time_passes(world, seed))]
        self._threads = [threading.Thread(target=self._act, args=actor, name=actor[0], daemon=True) for actor in actors]

    def _act(self, name, body):
        try:
            self.clients.append(body())
        except Exception as failure:   # told by run.py; a load that stops half-way proves nothing
            self.failures.append((name, failure))
            raise

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self, bound_s):
        """No new operations; those under way are finished, sending again for as long as that takes within the bound."""
        self.world.stop.set()
        for thread in self._threads:
            thread.join(max(0.1, bound_s / 2))
        self.world.ending.set()
        for thread in self._threads:
            thread.join(30)
        self.world.ending.clear()
        return not any(thread.is_alive() for thread in self._threads)
