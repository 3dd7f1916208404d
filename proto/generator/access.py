"""Who may ask for what: `x-owner`, which says of every operation open to customers whose the things it names are, and access.json, the rules of
all operations, internal ones included, as the authorization matrix of the tests reads them."""
import re

from yaml_file import Map, Mistake

SHARED = "shared"      # nobody's in particular: products, offers
DEPTH_MAX = 8
KIND = re.compile(r"[a-z][a-z_]*")


def load_owner(contracts, operation):
    """Every id a customer can name is said to be somebody's or shared; nothing else may be said."""
    spec = operation.spec
    for_customers = "customer" in (operation.scopes or [])
    owner = spec.get("x-owner")
    if not for_customers:
        if owner is not None:
            raise Mistake(spec, "x-owner is for operations that customers' tokens are let into")
        return
    if not isinstance(owner, Map):
        raise Mistake(spec, "x-owner is missing: customers are let in, so say whose the things it names are: { path:id: order }; {} when it names none")
    places = dict(input_places(contracts, operation))
    for place, kind in owner.items():
        if place not in places:
            raise Mistake(owner, f"x-owner names {place}, which is no input; there are {', '.join(places) or 'none'}")
        if not isinstance(kind, str) or not KIND.fullmatch(kind):
            raise Mistake(owner, f"x-owner of {place} is a kind of thing, such as order, or {SHARED}")
    for place, schema in places.items():
        if schema.get("format") == "uuid" and place not in owner:
            raise Mistake(owner, f"x-owner does not say whose {place} is: a kind of thing that belongs to a customer, or {SHARED}")
    operation.owner = dict(owner)


def input_places(contracts, operation):
    """(pointer as refusals write it, schema) of everything that can be sent."""
    for parameter in operation.parameters:
        yield f"{parameter.place}:{parameter.name}", contracts.resolve(parameter.schema, parameter.document)[0]
    for media, content in operation.media.items():
        if media == "application/json" and isinstance((content or Map()).get("schema"), Map):
            yield from schema_places(contracts, content["schema"], operation.document, "", DEPTH_MAX)


def schema_places(contracts, node, document, pointer, depth):
    schema, document, _ = contracts.resolve(node, document)
    if pointer:
        yield pointer, schema
    if depth == 0:
        return
    for name, member in (schema.get("properties") or {}).items():
        yield from schema_places(contracts, member, document, f"{pointer}/{name}", depth - 1)
    if isinstance(schema.get("items"), Map):
        yield from schema_places(contracts, schema["items"], document, f"{pointer}/0", depth - 1)


def rules(contracts, published):
    """The document access.json; `published`: names of the services behind the gateway."""
    operations = [{"id": each.id, "service": each.service, "method": each.method.upper(), "path": each.path, "internal": each.internal,
                   "scopes": sorted(each.scopes or []), "owner": each.owner, "idempotency": each.idempotency}
                  for each in contracts.operations() if each.service in published]
    return {"scopes": sorted(contracts.scopes), "operations": operations}
