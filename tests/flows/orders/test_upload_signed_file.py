"""POST /v1/contracts/{id}/signed-file: what the bytes say they are, whole, kept as they came, a bounded number of them."""

import hashlib
import os
import struct
import uuid
import zlib

import pytest

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\xff\xd9"


def png(width=1):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * (width + 1))) + chunk(b"IEND", b"")


@pytest.fixture
def contract(customer, shop, product):
    return shop.order(customer, product)["contract"]


def upload(caller, contract, data, media="application/pdf", expect=201, **options):
    return caller.request("POST", f"/v1/contracts/{contract['id']}/signed-file", data=data, content_type=media, expect=expect, **options)


@pytest.mark.parametrize("media, data", [("application/pdf", PDF), ("image/jpeg", JPEG), ("image/png", png()), ("Image/PNG; q=1", png(2))])
def test_it_is_kept_as_it_came(media, data, customer, staff, contract):
    kept = upload(customer.api, contract, data, media).json
    assert (kept["kind"], kept["version"], kept["media_type"]) == ("signed_file", 1, media.split(";")[0].lower())
    assert (kept["size"], kept["sha256"], kept["created_by"]) == (len(data), hashlib.sha256(data).hexdigest(), customer.id)
    assert upload(customer.api, contract, data, media).json == kept, "again: the same document"
    for caller in (customer.api, staff):
        reply = caller.get(f"/v1/contracts/{contract['id']}/documents/{kept['id']}", expect=200)
        assert (reply.body, reply.headers["Content-Type"], reply.headers["X-Content-Type-Options"]) == (data, kept["media_type"], "nosniff")
    assert staff.get(f"/v1/contracts/{contract['id']}/documents", expect=200)["data"] == [kept]


def test_a_large_one(customer, contract):
    data = PDF[:-7] + os.urandom(4 * 1024 * 1024 - len(PDF)) + PDF[-7:]
    kept = upload(customer.api, contract, iter([data[:1000000], data[1000000:]])).json
    assert kept["size"] == len(data) == 4 * 1024 * 1024
    assert customer.api.get(f"/v1/contracts/{contract['id']}/documents/{kept['id']}", expect=200).body == data
    assert upload(customer.api, contract, data + b"\n", expect=413).code == "body_too_large"


@pytest.mark.parametrize("media, data", [
    ("application/pdf", b""), ("application/pdf", PDF[:-6]), ("application/pdf", b" " + PDF), ("application/pdf", png()), ("image/png", JPEG), ("image/png", png()[:-1]),
    ("image/jpeg", JPEG[:-1]), ("image/jpeg", b"\xff\xd8\xff\xd9"), ("image/png", b"<html>"), ("application/pdf", b"%PDF-1." + b"x" * 2000)])
def test_not_what_it_is_said_to_be(media, data, customer, contract):
    assert upload(customer.api, contract, data, media, expect=422).code == "file_unreadable"


@pytest.mark.parametrize("media", ["text/html", "image/svg+xml", "application/octet-stream", None])
def test_other_media_types(media, customer, contract):
    assert upload(customer.api, contract, PDF, media, expect=415).code == "unsupported_media_type"


def test_not_for_others(customer, new_customer, staff, api, contract):
    assert upload(new_customer().api, contract, PDF, expect=404).code == "not_found"
    assert upload(customer.api, {"id": str(uuid.uuid4())}, PDF, expect=404).code == "not_found"
    assert upload(api, contract, PDF, expect=401).code == "unauthenticated"
    assert upload(staff, contract, PDF)["created_by"] not in (None, customer.id)


def test_no_more_than_twenty(customer, contract):
    first, *_ = [upload(customer.api, contract, PDF + b"%d\n" % number).json for number in range(20)]
    assert upload(customer.api, contract, PDF + b"one more\n", expect=409).code == "too_many_files"
    assert upload(customer.api, contract, PDF + b"0\n").json == first, "what is there can be sent again"
