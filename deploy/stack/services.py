"""The processes of Cuotas and the environment each one gets: exactly the names of the README's configuration table."""

SERVICES = ("catalog", "orders", "billing", "crm", "notifications", "collections")
SANDBOX = "sandbox"
MERCADOPAGO_CURRENCY = "BRL"   # of its account here
GATEWAY = "gateway"
WITH_DATABASE = (*SERVICES, SANDBOX)
ALL = (*WITH_DATABASE, GATEWAY)   # in the order of starting; stopped in the reverse

STAFF_USERNAME = "admin@cuotas.example"


def database_environment(stack, name):
    return {
        "DATABASE_URL": stack.postgres.url(f"cuotas_{name}", f"cuotas_{name}_app", stack.credentials[f"{name}_app"],
                                           stack.route(name, "postgres", stack.postgres.socket)),
        "REDIS_URL": _redis_url(stack, name),
    }


def owner_environment(stack, name):
    """What `<service> migrate` needs."""
    owner = stack.postgres.url(f"cuotas_{name}", f"cuotas_{name}_owner", stack.credentials[f"{name}_owner"])
    return {**database_environment(stack, name), "DATABASE_OWNER_URL": owner}


def service_environment(stack, name):
    environment = {
        "PATH": "/usr/bin:/bin",
        "LISTEN": stack.ports[name].listen,
        "IDENTITY_SECRET": stack.credentials["identity"],
        "TEST_CLOCK": "on",
        "MERCHANT_ZONE": "America/Bogota",
        **{f"{peer.upper()}_URL": _url(stack, name, peer) for peer in ALL if peer != name},
    }
    if name in WITH_DATABASE:
        environment.update(database_environment(stack, name))
    own = _OWN.get(name)
    if own:
        environment.update(own(stack))
    environment.update(stack.extra_environment)
    environment.update(stack.own_environment.get(name, {}))
    return environment


def _redis_url(stack, name):
    return "unix://" + stack.route(name, "redis", stack.redis.socket)


def _url(stack, caller, peer):
    return "http://" + stack.route(caller, peer, stack.ports[peer].listen)


def _crm(stack):
    return {"AUTH_KEY_FILE": stack.credentials.key_file, "TOKEN_ISSUER": stack.gateway_url,
            "STAFF_USERNAME": STAFF_USERNAME, "STAFF_PASSWORD": stack.credentials["staff"]}


def _billing(stack):
    return {"STRIPE_API_BASE": _url(stack, "billing", SANDBOX), "STRIPE_SECRET_KEY": "sk_test_" + stack.credentials["sandbox"],
            "STRIPE_WEBHOOK_SECRET": "whsec_" + stack.credentials["webhook"], "PROVIDER_TIMEOUT_MS": "3000", "STRIPE_AUTOPAY_PER_SECOND": "1000", "MERCADOPAGO_AUTOPAY_PER_SECOND": "1000",
            "PAYMENT_RETURN_URL": stack.gateway_url + "/",
            "MERCADOPAGO_API_BASE": _url(stack, "billing", SANDBOX) + "/mercadopago", "MERCADOPAGO_ACCESS_TOKEN": stack.credentials["mercadopago"],
            "MERCADOPAGO_WEBHOOK_SECRET": stack.mercadopago_secret, "MERCADOPAGO_CURRENCY": MERCADOPAGO_CURRENCY}


def _sandbox(stack):
    return {"SANDBOX_SECRET_KEY": "sk_test_" + stack.credentials["sandbox"],
            "SANDBOX_WEBHOOK_URL": _url(stack, SANDBOX, GATEWAY) + "/v1/webhooks/stripe",
            "SANDBOX_PUBLIC_URL": stack.ports[SANDBOX].url,
            "SANDBOX_WEBHOOK_SECRET": "whsec_" + stack.credentials["webhook"],
            "SANDBOX_MERCADOPAGO_TOKEN": stack.credentials["mercadopago"], "SANDBOX_MERCADOPAGO_CURRENCY": MERCADOPAGO_CURRENCY,
            "SANDBOX_MERCADOPAGO_WEBHOOK_URL": _url(stack, SANDBOX, GATEWAY) + "/v1/webhooks/mercadopago",
            "SANDBOX_MERCADOPAGO_WEBHOOK_SECRET": stack.mercadopago_secret}


def _notifications(stack):
    return {"SMTP_URL": "smtp://" + stack.route("notifications", "mail", stack.ports["mail"].listen), "MAIL_FROM": "Cuotas <no-reply@cuotas.example>",
            "UNSUBSCRIBE_LINK_BASE": stack.gateway_url}


_OWN = {
    "crm": _crm,
    "billing": _billing,
    "sandbox": _sandbox,
    "notifications": _notifications,
    "collections": lambda stack: {"PAYMENT_LINK_BASE": stack.gateway_url},
    # Everybody comes from one address here: limits made for the world would only hold up developers and tests.
    "gateway": lambda stack: {"TOKEN_ISSUER": stack.gateway_url, "REDIS_URL": _redis_url(stack, GATEWAY), "RATE_LIMIT_PER_SECOND": "100000", "AUTH_RATE_LIMIT_PER_MINUTE": "600000"},
}
