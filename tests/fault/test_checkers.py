"""What checkers say of small made-up histories, without a run: the times that a short run cannot be sure to have."""

from fault.checkers.mails import UNKNOWN_FOR_S, unwilling

YES, NO = {"marketing": True}, {"marketing": False}
LATE = UNKNOWN_FOR_S + 1


def found(at, *words, purpose="marketing", customer="ana"):
    return [number for number, *_ in unwilling([("mail", customer, purpose, at)], {"ana": list(words)})]


def test_a_mail_to_the_willing():
    assert found(11, (10, YES)) == []
    assert found(11 + LATE, (10, NO), (11, YES)) == []
    assert found(3 * LATE + 1, (0, YES), (LATE, NO), (3 * LATE, YES)) == [], "who agrees again"


def test_a_mail_after_it_was_taken_back():
    assert found(20 + LATE, (10, YES), (20, NO)) == ["mail"], "willing once is not willing now"
    assert found(19 + LATE, (10, YES), (20, NO)) == [], "it was on its way, or who writes did not know yet"
    assert found(2 * LATE, (0, YES), (10, NO), (3 * LATE, YES)) == ["mail"], "between two consents"


def test_a_mail_before_it_was_given():
    assert found(9, (0, NO), (10, YES)) == ["mail"]
    assert found(5, (10, YES)) == ["mail"], "before the registration"


def test_nobody_agreed_to_that():
    assert found(11, (10, {})) == ["mail"] and found(11, (10, {"marketing": "yes"})) == ["mail"]
    assert found(11, (10, YES), purpose="surveys") == ["mail"], "a consent is for its purpose"
    assert found(11, (10, YES), customer="luis") == ["mail"], "and its customer's"


def test_each_copy_is_judged():
    mails = [("mail", "ana", "marketing", 11), ("mail", "ana", "marketing", 20 + LATE)]
    assert [number for number, *_ in unwilling(mails, {"ana": [(10, YES), (20, NO)]})] == ["mail"]
