"""/v1/staff: who works here. They set a password that nobody else knows, by a key in a mail; an administrator always stays; every change is kept."""

import concurrent.futures
import contextlib
import secrets
import uuid

import pytest

from support.client import Login
from support.mail import staff_key


def patch(who, person, body, version=None, expect=200):
    tag = f'"{version or who.get("/v1/staff/" + person["id"], expect=200)["version"]}"'
    return who.request("PATCH", f"/v1/staff/{person['id']}", json=body, headers={"If-Match": tag}, expect=expect)


def body(**changes):
    return {"email": f"p.{secrets.token_hex(6)}@example.com", "full_name": "Ana Revisora", "role": "support", **changes}


def set_password(api, key, password="una clave bien larga", expect=200, **options):
    return api.post("/v1/auth/staff-password", {"key": key, "password": password}, expect=expect, **options)


def log_in(api, username, password, expect=200):
    return api.post("/v1/auth/token", {"grant_type": "password", "username": username, "password": password}, expect=expect)


def refresh(api, token, expect=200):
    return api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": token}, expect=expect)


@pytest.fixture
def changes(database):
    """What is kept of somebody: [(version, change, role, status, made_by)]."""
    return lambda person: database("crm", "SELECT version, change, role, status, made_by FROM staff_change WHERE staff_id = %s ORDER BY version", (person["id"],))


# ---- taking somebody on

def test_from_an_address_to_a_log_in(staff, api, wait_mail, changes, database):
    wanted = body(locale="en", role="approver")
    reply = staff.post("/v1/staff", wanted, expect=201)
    person = reply.json
    assert (person["status"], person["version"], person["username"]) == ("invited", 1, wanted["email"]) and {name: person[name] for name in wanted} == wanted
    assert reply.headers["Location"] == f"/v1/staff/{person['id']}" and staff.get(reply.headers["Location"], expect=200).json == person
    mail = wait_mail(wanted["email"])
    assert mail.subject == "Your access to the shop" and wanted["full_name"] in mail.text and wanted["email"] in mail.text and "72 hours" in mail.text
    assert log_in(api, wanted["email"], "", 422) and log_in(api, wanted["email"], "una clave bien larga", 401)
    assert set_password(api, staff_key(mail)).json == {"username": wanted["email"]}
    token = log_in(api, wanted["email"].upper(), "una clave bien larga").json
    assert sorted(token["scope"].split()) == ["billing.approve", "billing.read", "crm.read", "orders.approve", "orders.read"] and token["customer_id"] is None
    now = staff.get(f"/v1/staff/{person['id']}", expect=200)
    assert (now["status"], now["version"], now.headers["ETag"]) == ("active", 2, '"2"')
    (_, _, _, _, admin), mine = changes(person)
    assert changes(person) == [(1, "created", "approver", "invited", admin), (2, "password_set", "approver", "active", person["id"])] and mine and admin != person["id"]
    told = database("crm", "SELECT data ->> 'change' FROM outbox WHERE type = 'staff.changed' AND subject = %s ORDER BY id", (person["id"],))
    assert told == [("created",), ("password_set",)]


def test_the_key_is_kept_nowhere(staff, wait_mail, database):
    person = staff.post("/v1/staff", body(), expect=201).json
    mail = wait_mail(person["email"])
    assert mail.subject == "Tu acceso a la tienda"
    key = staff_key(mail)
    for service, table in (("crm", "outbox"), ("crm", "staff_invitation"), ("notifications", "notification"), ("notifications", "outbox"), ("notifications", "job"), ("crm", "idempotency")):
        assert database(service, f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", (f"%{key.split('.')[1]}%",)) == [(0,)], table


def test_a_mail_to_the_staff_is_on_no_timeline(staff, wait_mail, database, wait_until):
    person = staff.post("/v1/staff", body(), expect=201).json
    wait_mail(person["email"])
    sent = lambda: database("notifications", "SELECT customer_id, data ->> 'customer_id' FROM outbox WHERE type = 'notification.sent' AND data ->> 'to' = %s", (person["email"],))
    assert wait_until(sent, 20, "told") == [(None, None)]
    listed = wait_until(lambda: [n for n in staff.get("/v1/notifications", {"template": "staff_invitation"}, expect=200)["data"] if n["to"] == person["email"]], 20, "listed")
    assert listed[0]["customer_id"] == person["id"] and listed[0]["status"] == "sent"


def test_the_same_key_takes_on_one(staff):
    wanted, key = body(), str(uuid.uuid4())
    first, again = staff.post("/v1/staff", wanted, key=key, expect=201), staff.post("/v1/staff", wanted, key=key, expect=201)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"


def test_names_are_taken_once(staff, customer):
    taken = staff.post("/v1/staff", body(), expect=201)
    assert staff.post("/v1/staff", body(email=taken["email"].upper()), expect=409).code == "username_taken"
    assert staff.post("/v1/staff", body(email=customer.email), expect=409).code == "username_taken"
    other = staff.post("/v1/staff", body(email=customer.email, username=f"Ana.{secrets.token_hex(6)}"), expect=201)
    assert other["username"] == other["username"].lower() and other["email"] == customer.email


@pytest.mark.parametrize("change, pointer", [
    ({"email": "x"}, "/email"), ({"role": "owner"}, "/role"), ({"role": None}, "/role"), ({"full_name": ""}, "/full_name"), ({"locale": "fr"}, "/locale"), ({"username": "ab"}, "/username"),
    ({"password": "una clave bien larga"}, "/password"), ({"scopes": ["clock.write"]}, "/scopes"), ({"status": "active"}, "/status")])
def test_wrong_people(staff, change, pointer):
    assert staff.post("/v1/staff", body(**change), expect=422).pointers == [pointer]


def test_page_by_page(staff):
    made = [staff.post("/v1/staff", body(), expect=201)["id"] for _ in range(3)]
    seen = [person["id"] for person in staff.pages("/v1/staff", {"limit": 2})]
    assert seen == sorted(seen, reverse=True) and set(made) <= set(seen)
    first = [person for person in staff.pages("/v1/staff") if person["email"] is None]
    assert [(person["role"], person["status"]) for person in first] == [("admin", "active")]


# ---- keys

def test_a_key_is_good_once(staff, api, wait_mail):
    person = staff.post("/v1/staff", body(), expect=201).json
    key = staff_key(wait_mail(person["email"]))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(lambda n: set_password(api, key, f"una clave bien larga {n}", (200, 409)).status, range(4)))
    assert said == [200, 409, 409, 409]
    assert set_password(api, key, expect=409).code == "invitation_not_valid"


def test_a_repeated_answer(staff, api, wait_mail):
    person = staff.post("/v1/staff", body(), expect=201).json
    key, once = staff_key(wait_mail(person["email"])), str(uuid.uuid4())
    first, again = set_password(api, key, headers={"Idempotency-Key": once}), set_password(api, key, headers={"Idempotency-Key": once})
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"


def test_keys_that_are_none(staff, api, wait_mail, database, stack):
    from support.tokens import link_token
    person = staff.post("/v1/staff", body(), expect=201).json
    key = staff_key(wait_mail(person["email"]))
    invitation = database("crm", "SELECT id::text FROM staff_invitation WHERE staff_id = %s", (person["id"],))[0][0]
    secret = stack.credentials["identity"]
    assert link_token(secret, "staff-password", invitation.encode()) == key
    forged = [key[:-2] + "AA", key.split(".")[0], "x.y", link_token("wrong", "staff-password", invitation.encode()), link_token(secret, "guest-cart", invitation.encode()),
              link_token(secret, "payment-link", {"order_id": invitation}), link_token(secret, "staff-password", str(uuid.uuid4()).encode()),
              link_token(secret, "staff-password", b"'; DROP TABLE login; --")]
    for bad in forged:
        assert set_password(api, bad, expect=409).code == "invitation_not_valid", bad
    assert set_password(api, key, "corta", 422).pointers == ["/password"]
    set_password(api, key)


def test_another_key_ends_the_one_before(staff, api, wait_mail, mailbox, wait_until, changes):
    person = staff.post("/v1/staff", body(), expect=201).json
    first = staff_key(wait_mail(person["email"]))
    again = staff.post(f"/v1/staff/{person['id']}/invitations", expect=201).json
    assert (again["staff_id"], again["email"]) == (person["id"], person["email"]) and again["expires_at"]
    second = staff_key(wait_until(lambda: mailbox(person["email"])[1:], 20, "another mail")[0])
    assert set_password(api, first, expect=409).code == "invitation_not_valid"
    set_password(api, second)
    assert [each[1] for each in changes(person)] == ["created", "invited", "password_set"]


def test_a_forgotten_password(staff, hire, api, mailbox, wait_until):
    """The one there is stays good until another is set; then what was logged in with it ends."""
    who = hire("support", locale="es")
    name = who.person["username"]
    before = log_in(api, name, who.password).json
    staff.post(f"/v1/staff/{who.person['id']}/invitations", expect=201)
    mail = wait_until(lambda: mailbox(who.person["email"])[1:], 20, "another mail")[0]
    assert mail.subject == "Elige otra contraseña"
    before = refresh(api, before["refresh_token"]).json
    set_password(api, staff_key(mail), "otra clave bien larga")
    assert log_in(api, name, who.password, 401).code == "invalid_credentials"
    assert refresh(api, before["refresh_token"], 401).code == "invalid_refresh_token"
    refresh(api, log_in(api, name, "otra clave bien larga")["refresh_token"])


def test_an_expired_key(staff, api, wait_mail, stack):
    import psycopg2
    person = staff.post("/v1/staff", body(), expect=201).json
    key = staff_key(wait_mail(person["email"]))
    with psycopg2.connect(stack.database_url("crm")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE staff_invitation SET expires_at = clock_timestamp() WHERE staff_id = %s", (person["id"],))
    connection.close()
    assert set_password(api, key, expect=409).code == "invitation_not_valid"


def test_nobody_to_write_to(staff, api):
    first = next(person for person in staff.pages("/v1/staff") if person["email"] is None)
    assert staff.post(f"/v1/staff/{first['id']}/invitations", expect=409).code == "staff_without_email"
    assert staff.post(f"/v1/staff/{uuid.uuid4()}/invitations", expect=404).code == "not_found"


# ---- another address

def address():
    return f"q.{secrets.token_hex(6)}@example.com"


def test_another_address_before_the_first_log_in(staff, api, wait_mail, changes, database):
    """A slip of the pen: the key in the first mail is good for nothing, the one in the second is."""
    person, right = staff.post("/v1/staff", body(), expect=201).json, address()
    wrong = staff_key(wait_mail(person["email"]))
    now = patch(staff, person, {"email": right.upper()})
    assert (now["email"], now["username"], now["status"], now["version"]) == (right.upper(), right, "invited", 2)
    assert set_password(api, wrong, expect=409).code == "invitation_not_valid"
    mail = wait_mail(right.upper())
    assert mail.subject == "Tu acceso a la tienda" and right in mail.text
    assert set_password(api, staff_key(mail)).json == {"username": right}
    log_in(api, right, "una clave bien larga")
    assert [each[1:4] for each in changes(person)] == [("created", "support", "invited"), ("changed", "support", "invited"), ("password_set", "support", "active")]
    kept = database("crm", "SELECT email FROM staff_change WHERE staff_id = %s ORDER BY version", (person["id"],))
    assert kept == [(person["email"],), (right.upper(),), (right.upper(),)]


def test_another_address_ends_the_log_in_of_before(staff, hire, api, wait_mail):
    who, new = hire("approver", locale="en"), address()
    token = log_in(api, who.person["username"], who.password).json
    assert patch(staff, who.person, {"email": who.person["email"].upper(), "full_name": "Ana"})["status"] == "active", "the same address"
    token = refresh(api, token["refresh_token"]).json
    assert patch(staff, who.person, {"email": new})["status"] == "invited"
    assert refresh(api, token["refresh_token"], 401).code == "invalid_refresh_token"
    for username in (who.person["username"], new):
        assert log_in(api, username, who.password, 401).code == "invalid_credentials"
    set_password(api, staff_key(wait_mail(new)), "otra clave bien larga")
    assert "orders.approve" in log_in(api, new, "otra clave bien larga")["scope"].split()
    taken_on = staff.post("/v1/staff", body(email=who.person["email"]), expect=201)   # the old name is free
    assert taken_on["id"] != who.person["id"]


def test_a_username_of_its_own_stays(staff, api, wait_mail):
    person, new = staff.post("/v1/staff", body(username=f"ana.{secrets.token_hex(6)}"), expect=201).json, address()
    assert patch(staff, person, {"email": new})["username"] == person["username"]
    assert set_password(api, staff_key(wait_mail(new))).json == {"username": person["username"]}


def test_an_address_that_is_taken(staff, customer, changes, database):
    one, other = (staff.post("/v1/staff", body(), expect=201).json for _ in range(2))
    for taken in (other["email"], customer.email.upper()):
        assert patch(staff, one, {"email": taken, "role": "sales"}, expect=409).code == "username_taken"
    assert patch(staff, one, {"email": "x"}, expect=422).pointers == ["/email"]
    assert staff.get(f"/v1/staff/{one['id']}", expect=200).json == one and len(changes(one)) == 1
    assert database("crm", "SELECT count(*) FROM staff_invitation WHERE staff_id = %s", (one["id"],)) == [(1,)], "refusals leave nothing"


def test_another_address_of_who_left(staff, api, mailbox, wait_mail, wait_until):
    """Nobody is written to who may not come in; back, they are asked for a password when they are invited."""
    person, new = staff.post("/v1/staff", body(), expect=201).json, address()
    key = staff_key(wait_mail(person["email"]))
    assert patch(staff, person, {"email": new, "disabled": True})["status"] == "disabled"
    assert set_password(api, key, expect=409).code == "invitation_not_valid"
    assert patch(staff, person, {"disabled": False})["status"] == "invited"
    staff.post(f"/v1/staff/{person['id']}/invitations", expect=201)
    set_password(api, staff_key(wait_mail(new)))
    assert len(mailbox(new)) == 1


def test_a_first_address_takes_nothing_away(staff, hire, api, stack, mailbox):
    import psycopg2
    who, new = hire("support"), address()
    with psycopg2.connect(stack.database_url("crm")) as connection, connection.cursor() as cursor:   # as who was made with the deployment
        cursor.execute("UPDATE staff_user SET email = NULL WHERE id = %s", (who.person["id"],))
    connection.close()
    assert patch(staff, who.person, {"email": new})["status"] == "active"
    log_in(api, who.person["username"], who.password)
    assert mailbox(new) == []


def test_an_administrator_with_another_address(staff, hire, api, stack):
    """Whose log-in ended by it says nothing any more; the last one who can log in keeps theirs."""
    import psycopg2
    who = hire("admin")
    token = log_in(api, who.person["username"], who.password)["access_token"]
    assert patch(staff, who.person, {"email": address()})["status"] == "invited"
    assert api.post("/v1/staff", body(), token=token, expect=403).code == "forbidden"
    connection = psycopg2.connect(stack.database_url("crm"))
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refused:
        cursor.execute("UPDATE login SET password_hash = '' WHERE subject IN (SELECT id FROM staff_user WHERE role = 'admin') AND NOT disabled AND password_hash <> ''")
    connection.close()
    assert refused.value.diag.constraint_name == "last_admin"


@pytest.mark.parametrize("how", ("address", "password"))
def test_a_log_in_at_the_same_moment(staff, hire, api, stack, database, mailbox, wait_until, how):
    """Whose password was right a moment before it ended has a refresh token: one of before, though it was made while the change waited for it."""
    import psycopg2
    who = hire("support")
    if how == "password":
        staff.post(f"/v1/staff/{who.person['id']}/invitations", expect=201)
        key = staff_key(wait_until(lambda: mailbox(who.person["email"])[1:], 20, "another mail")[0])
    change = (lambda: patch(staff, who.person, {"email": address()})) if how == "address" else (lambda: set_password(api, key, "otra clave bien larga"))
    with contextlib.closing(psycopg2.connect(stack.database_url("crm"))) as connection, connection, connection.cursor() as cursor, concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT FROM login WHERE subject = %s AND password_hash <> '' FOR SHARE", (who.person["id"],))   # as begin_refresh_family does
        changed = pool.submit(change)
        wait_until(lambda: database("crm", "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"), 10, "the change that waits")
        cursor.execute("INSERT INTO refresh_family (id, subject) VALUES (%s, %s)", (str(uuid.uuid4()), who.person["id"]))
        connection.commit()
        changed.result()
    assert database("crm", "SELECT bool_and(f.began_at < l.tokens_from) FROM refresh_family f JOIN login l USING (subject) WHERE subject = %s", (who.person["id"],)) == [(True,)]


# ---- changing and leaving

def test_another_role_from_the_next_token_on(staff, hire, api):
    who = hire("support")
    token = log_in(api, who.person["username"], who.password)
    changed = patch(staff, who.person, {"role": "collector", "full_name": "Ana Cobradora"})
    assert (changed["role"], changed["full_name"], changed["status"]) == ("collector", "Ana Cobradora", "active")
    assert "collections.read" in refresh(api, token["refresh_token"])["scope"].split()
    assert "collections.read" not in token["scope"].split()


def test_who_leaves_is_out_at_once(staff, hire, api, changes):
    who = hire("support")
    token = log_in(api, who.person["username"], who.password).json
    assert patch(staff, who.person, {"disabled": True})["status"] == "disabled"
    assert refresh(api, token["refresh_token"], 401).code == "invalid_refresh_token"
    assert log_in(api, who.person["username"], who.password, 401).code == "invalid_credentials"
    assert staff.post(f"/v1/staff/{who.person['id']}/invitations", expect=409).code == "staff_disabled"
    back = patch(staff, who.person, {"disabled": False})
    assert back["status"] == "active"
    assert refresh(api, token["refresh_token"], 401).code == "invalid_refresh_token", "coming back is no way back into an old log-in"
    refresh(api, log_in(api, who.person["username"], who.password)["refresh_token"])
    assert [each[1:4] for each in changes(who.person)][2:] == [("changed", "support", "disabled"), ("changed", "support", "active")]


def test_a_key_of_who_left(staff, api, wait_mail):
    person = staff.post("/v1/staff", body(), expect=201).json
    key = staff_key(wait_mail(person["email"]))
    patch(staff, person, {"disabled": True})
    assert set_password(api, key, expect=409).code == "invitation_not_valid"


def test_leaving_and_coming_back_ends_keys(staff, api, mailbox, wait_mail, wait_until):
    person = staff.post("/v1/staff", body(), expect=201).json
    key = staff_key(wait_mail(person["email"]))
    for disabled in (True, False):
        patch(staff, person, {"disabled": disabled})
    assert set_password(api, key, expect=409).code == "invitation_not_valid"
    staff.post(f"/v1/staff/{person['id']}/invitations", expect=201)
    patch(staff, person, {"disabled": False})   # as they are: nothing ends
    set_password(api, staff_key(wait_until(lambda: mailbox(person["email"])[1:], 20, "another mail")[0]))


def test_one_key_at_a_time(staff, database, stack):
    """Of those asked for at once, one is open, whatever became of the others; the database allows no other."""
    import psycopg2
    person = staff.post("/v1/staff", body(), expect=201).json
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: staff.post(f"/v1/staff/{person['id']}/invitations", expect=(201, 409)), range(4)))
    assert 201 in [reply.status for reply in said] and {reply.code for reply in said if reply.status == 409} <= {"conflict"}
    mine = (person["id"],)
    assert database("crm", "SELECT count(*) FROM staff_invitation WHERE staff_id = %s AND ended_at IS NULL", mine) == [(1,)]
    connection = psycopg2.connect(stack.database_url("crm"))
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.UniqueViolation):
        cursor.execute("UPDATE staff_invitation SET ended_at = NULL WHERE staff_id = %s", mine)
    connection.close()


@pytest.mark.parametrize("change", ({"disabled": True}, {"role": "support"}), ids=("disabled", "demoted"))
def test_an_access_token_of_before(staff, hire, api, changes, database, change):
    """It is good for a while, but not to undo what became of its owner, nor to say anything else about who works here."""
    who, other, new = hire("admin"), staff.post("/v1/staff", body(), expect=201).json, body(role="admin")
    token = log_in(api, who.person["username"], who.password)["access_token"]
    api.get("/v1/staff", token=token, expect=200)
    patch(staff, who.person, change)
    before = changes(who.person), changes(other)
    said = [api.request("PATCH", f"/v1/staff/{person['id']}", json={"role": "admin", "disabled": False}, headers={"If-Match": "*"}, token=token, expect=403) for person in (who.person, other)]
    said += [api.post("/v1/staff", new, token=token, expect=403), api.post(f"/v1/staff/{other['id']}/invitations", token=token, expect=403)]
    assert {reply.code for reply in said} == {"forbidden"} and (changes(who.person), changes(other)) == before
    assert database("crm", "SELECT count(*) FROM login WHERE username = %s", (new["email"],)) == [(0,)]


def test_over_what_was_read(staff):
    person = staff.post("/v1/staff", body(), expect=201).json
    path = f"/v1/staff/{person['id']}"
    assert staff.request("PATCH", path, json={"disabled": True}, expect=428).code == "precondition_required"
    assert patch(staff, person, {"disabled": True}, version=9, expect=412).code == "precondition_failed"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(lambda n: patch(staff, person, {"full_name": f"Ana {n}"}, version=1, expect=(200, 412)).status, range(4)))
    assert said == [200, 412, 412, 412]
    assert staff.request("PATCH", f"/v1/staff/{uuid.uuid4()}", json={}, headers={"If-Match": "*"}, expect=404).code == "not_found"


def test_an_administrator_stays(staff, hire, database):
    """The last one can neither leave nor become something else, whoever asks; with two, one may; of two who put each other out at once, one stays."""
    def admins():
        return [person for person in staff.pages("/v1/staff") if (person["role"], person["status"]) == ("admin", "active")]
    first, = admins()
    staff.post("/v1/staff", body(role="admin"), expect=201)   # invited: cannot log in yet, so does not count
    for change in ({"disabled": True}, {"role": "support"}, {"disabled": True, "role": "sales"}):
        assert patch(staff, first, change, expect=409).code == "last_admin"
    assert patch(staff, first, {"full_name": "Administradora", "role": "admin", "disabled": False})["status"] == "active"
    others = [hire("admin") for _ in range(2)]
    assert patch(others[0], others[0].person, {"role": "support"})["role"] == "support", "others are left"
    assert patch(staff, others[0].person, {"role": "admin"})["role"] == "admin"
    pairs = [(others[0], others[1].person), (others[1], others[0].person)]
    versions = [who.get(f"/v1/staff/{person['id']}", expect=200)["version"] for who, person in pairs]   # and both have logged in
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda pair, version: patch(*pair, {"disabled": True}, version, expect=(200, 403)).status, pairs, versions))
    assert said == [200, 403], "whoever is put out first puts nobody out"
    for other in others:
        patch(staff, other.person, {"disabled": True})
    assert admins() == [staff.get(f"/v1/staff/{first['id']}", expect=200).json]
    assert database("crm", "SELECT count(*) FROM staff_change WHERE staff_id = %s AND change = 'changed'", (first["id"],)) == [(1,)], "refusals leave nothing"


def test_two_administrators_put_each_other_out_at_once(stack, database):
    """In the database: whoever comes second waits, sees what the first one did, and is refused."""
    import psycopg2
    connections = [psycopg2.connect(stack.database_url("crm")) for _ in range(2)]
    cursors = [connection.cursor() for connection in connections]
    try:
        with cursors[0] as cursor:
            cursor.execute("SELECT subject FROM login l JOIN staff_user s ON s.id = l.subject WHERE s.role = 'admin' AND NOT disabled AND password_hash <> ''")
            active = [subject for subject, in cursor.fetchall()]
            assert len(active) == 1
            cursor.execute("SAVEPOINT before")
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute("UPDATE login SET disabled = true WHERE subject = %s", active)
            assert refused.value.diag.constraint_name == "last_admin"
            cursor.execute("ROLLBACK TO before")
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('staff admins'))")
            connections[1].autocommit = True
            cursors[1].execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                cursors[1].execute("UPDATE login SET disabled = true WHERE subject = %s", active)
    finally:
        for connection in connections:
            connection.rollback() if not connection.autocommit else None
            connection.close()


@pytest.mark.parametrize("role", ("sales", "approver", "billing", "collector", "support"))
def test_only_administrators_say_who_works_here(hire, staff, role):
    who = hire(role)
    assert who.post("/v1/staff", body(role="admin"), expect=403).code == "forbidden"
    assert who.get("/v1/staff", expect=403).code == "forbidden" and who.get(f"/v1/staff/{who.person['id']}", expect=403).code == "forbidden"
    assert who.request("PATCH", f"/v1/staff/{who.person['id']}", json={"role": "admin"}, headers={"If-Match": "*"}, expect=403).code == "forbidden"
    assert who.post(f"/v1/staff/{who.person['id']}/invitations", expect=403).code == "forbidden"


def test_customers_and_nobody(api, customer, staff):
    assert customer.api.get("/v1/staff", expect=403).code == "forbidden"
    assert customer.api.get(f"/v1/staff/{customer.id}", expect=403).code == "forbidden"
    assert staff.get(f"/v1/staff/{customer.id}", expect=404).code == "not_found", "a customer does not work here"
    assert staff.request("PATCH", f"/v1/staff/{customer.id}", json={"disabled": True}, headers={"If-Match": "*"}, expect=404).code == "not_found"
    assert api.post("/v1/staff", body(), expect=401).code == "unauthenticated"
    assert Login(api, customer.email, customer.password)()
