"""Who works at the shop: hired through the API, each with a password of their own by the key in a mail. Those who approve are the second pair of eyes of office.py; of the
others some change and some leave."""

from support.mail import mails_to, staff_key

from .client import Person

APPROVERS_MAX = 3
MAIL_TRIES, MAIL_PAUSE_S = 30, 0.4


def an_approver(client, rng):
    """Somebody hired, or None; draws as often either way."""
    place, known = rng.random(), list(client.world.approvers)
    return known[int(place * len(known))] if known else None


def keep_staff(client, me, rng):
    place, change = rng.random(), rng.choice(({"disabled": True}, {"disabled": False}, {"role": "collector"}, {"role": "support", "full_name": "Otra Persona"}))
    if len(client.world.approvers) < APPROVERS_MAX:
        return hire(client, me)
    if place < 0.3:
        client.post("create_staff", "/v1/staff", {"email": f"{client.key()}@example.com", "full_name": "Persona de Apoyo", "role": "support", "locale": "en"}, me)
    page = client.get("list_staff", "/v1/staff", me, limit=50)
    others = [each for each in page["data"] if each["role"] in ("support", "collector")] if page is not None and page.status == 200 else []
    if not others:
        return
    path = f"/v1/staff/{others[int(place * len(others))]['id']}"
    person = client.get("get_staff", path, me)
    if person is None or person.status != 200:
        return
    if change.get("disabled") is False and person["status"] == "invited":
        client.post("invite_staff", f"{path}/invitations", None, me)
    else:
        client.patch("change_staff", path, change, me, person["version"])


def hire(client, me):
    """Somebody who approves, once the mail has come and they have set a password."""
    email, password = f"{client.key()}@example.com", f"clave-{client.key()}"
    made = client.post("create_staff", "/v1/staff", {"email": email, "full_name": "Persona que Aprueba", "role": "approver"}, me)
    if made is None or made.status != 201:
        return
    for _ in range(MAIL_TRIES):
        mails = mails_to(client.world.mail_dir, email)
        if mails or client.world.stop.wait(MAIL_PAUSE_S):
            break
    if not mails:
        return
    done = client.post("set_staff_password", "/v1/auth/staff-password", {"key": staff_key(mails[0]), "password": password})
    if done is not None and done.status == 200:
        client.world.approvers.append(Person(email, password))
