"""kill -9 of one process in the middle of the journey, at every step of it, then restart: the same end state as without.

The customer here is patient: what is not answered is asked again, with the same Idempotency-Key. Each step is disturbed twice: the process
dies as the step begins, with its request on the way, and again right after the answer, with the consequences on the way."""

import threading

import pytest

from deploy.stack.services import ALL
from support.journey import Journey
from support.shop import Shop


@pytest.fixture(scope="session")
def undisturbed(shop, stack):
    """The end state every disturbed journey must reach."""
    from support.mail import mails_to
    journey = Journey(shop, lambda address: mails_to(stack.mail_dir, address))
    journey.run()
    return journey.end_state()


@pytest.fixture
def patient_shop(shop, wait_until):
    """The same shop, whose calls wait for an answer as long as it takes."""
    def patient(attempt):
        return wait_until(attempt, 90, "an answer")
    api, staff = shop.api.with_token(None), shop.staff.with_token(shop.staff.token)
    api.patient = staff.patient = patient
    staff.timeout_s = shop.staff.timeout_s
    return Shop(api, staff, wait_until)


class Killer:
    """Kills one process as each of some steps begins, and again when it calls a second time during the step."""

    def __init__(self, stack, name, steps):
        self._stack, self._name, self._steps = stack, name, steps
        self._restart = self._error = None
        self.kills = 0

    def __call__(self, step):
        self.rest()
        if step in self._steps:
            self._stack.kill(self._name)
            self.kills += 1
            # Started again beside the step, so that its next call meets the process dead, starting, or just up.
            self._restart = threading.Thread(target=self._start)
            self._restart.start()

    def _start(self):
        try:
            self._stack.start_one(self._name)
        except Exception as error:   # told by rest(), in the test's own thread
            self._error = error

    def rest(self):
        if self._restart:
            self._restart.join()
            self._restart = None
            assert not self._error, f"{self._name} did not start again: {self._error}"


def same_end(journey, undisturbed, wait_until):
    """The last events of a journey may still be on their way to those who only tell of them."""
    try:
        wait_until(lambda: journey.end_state() == undisturbed, 30, "the end state of an undisturbed journey")
    except AssertionError:
        assert journey.end_state() == undisturbed


PHASES = {"buying": ("register", "order", "pay"), "owing": ("autopay", "change_card", "overdue", "pay_link", "settle")}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("name", ALL)
def test_kill_at_every_step(name, phase, stack, patient_shop, mailbox, undisturbed, wait_until):
    killer = Killer(stack, name, PHASES[phase])
    journey = Journey(patient_shop, mailbox, disturb=killer)
    try:
        journey.run()
    finally:
        killer.rest()
    assert killer.kills >= 2 * len(PHASES[phase]) - 1
    same_end(journey, undisturbed, wait_until)


def test_kill_postgres(stack, patient_shop, mailbox, undisturbed, wait_until):
    """The database's own death, in the middle of an order and of a payment: services reconnect, nothing committed is lost."""
    killer = Killer(stack, "postgres", ("order", "pay"))
    journey = Journey(patient_shop, mailbox, disturb=killer)
    try:
        journey.run()
    finally:
        killer.rest()
    same_end(journey, undisturbed, wait_until)
