"""What holds of every invoice and note: foots(document) fails when its figures are not each other's sums.

    correcting(api, order_id)   the invoice and its notes as documents, each footed: (invoice, [notes, oldest first])"""

import collections
import fractions


def foots(document):
    lines, taxes = document["lines"], document["tax_subtotals"]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    for line in lines:
        assert line["net"] + line["tax"] == line["total"] == line["quantity"] * line["unit_price"] - line["discount"], line
    by_rate = collections.defaultdict(lambda: [0, 0])
    for line in lines:
        by_rate[line["tax_category"], line["tax_rate"]][0] += line["net"]
        by_rate[line["tax_category"], line["tax_rate"]][1] += line["tax"]
    assert {key: list(sums) for key, sums in by_rate.items()} == {(row["category"], row["rate"]): [row["taxable"], row["tax"]] for row in taxes}
    assert document["net_total"] == sum(row["taxable"] for row in taxes) and document["tax_total"] == sum(row["tax"] for row in taxes)
    assert document["net_total"] + document["tax_total"] == document["total"]
    for row in taxes:
        assert (row["category"] == "S") == (fractions.Fraction(row["rate"]) > 0 or row["tax"] != 0)
    if document["kind"] == "invoice":
        assert sum(row["amount"] for row in document["payment_terms"]) == document["total"]
        assert all(row["amount"] == row["principal"] + row["interest"] + row["fees"] + row["tax"] for row in document["payment_terms"])
        of_goods = sum(row["goods_tax"] for row in document["payment_terms"])
        assert of_goods + sum(row["tax"] for row in document["payment_terms"]) == document["tax_total"]
    return document


def correcting(api, order_id):
    listed = list(api.pages("/v1/invoices", {"order_id": order_id}))
    documents = [foots(api.get(f"/v1/invoices/{each['id']}", expect=200).json) for each in reversed(listed)]
    for short, document in zip(reversed(listed), documents):
        assert {name: document[name] for name in short} == short
    invoice, = [each for each in documents if each["kind"] == "invoice"]
    return invoice, [each for each in documents if each["kind"] != "invoice"]
