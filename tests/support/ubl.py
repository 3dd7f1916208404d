"""Electronic invoices: the schemas of UBL (../shared/schemas/ubl, where they are) and the arithmetic rules of EN 16931, as its business rules BR-* state them.

    schema_errors(xml)   [] when it is valid; None when the schemas or xmllint are not here
    broken_rules(xml)    the rules that do not hold, by name"""

import decimal
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMAS = os.path.join(os.path.dirname(ROOT), "shared", "schemas", "ubl", "maindoc")
NAMES = {"cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
         "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}
CENT = decimal.Decimal("0.01")


def schema_errors(xml):
    kind = ElementTree.fromstring(xml).tag.split("}")[1]
    schema = os.path.join(SCHEMAS, f"UBL-{kind}-2.5.xsd")   # what 2.1 has, later minor versions have, too
    if not os.path.exists(schema) or not shutil.which("xmllint"):
        return None
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, "-"], input=xml, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return [] if done.returncode == 0 else done.stderr.decode().splitlines()


class Invoice:
    def __init__(self, xml):
        self.root = ElementTree.fromstring(xml)
        self.kind = self.root.tag.split("}")[1]
        self.lines = self.root.findall(f"cac:{self.kind}Line", NAMES)
        self.subtotals = self.root.findall("cac:TaxTotal/cac:TaxSubtotal", NAMES)

    def text(self, path, of=None):
        return (self.root if of is None else of).findtext(path, namespaces=NAMES)

    def number(self, path, of=None):
        return decimal.Decimal(self.text(path, of) or "0")

    def group(self, of, place):
        return self.text(f"{place}/cbc:ID", of), self.number(f"{place}/cbc:Percent", of)


def broken_rules(xml):
    invoice = Invoice(xml)
    total = lambda name: invoice.number(f"cac:LegalMonetaryTotal/cbc:{name}")
    nets = [invoice.number("cbc:LineExtensionAmount", line) for line in invoice.lines]
    taxes = [(invoice.group(row, "cac:TaxCategory"), invoice.number("cbc:TaxableAmount", row), invoice.number("cbc:TaxAmount", row)) for row in invoice.subtotals]
    of_lines = {}
    for line, net in zip(invoice.lines, nets):
        group = invoice.group(line, "cac:Item/cac:ClassifiedTaxCategory")
        of_lines[group] = of_lines.get(group, 0) + net
    party = "cac:AccountingSupplierParty/cac:Party/"
    vat = invoice.text(party + "cac:PartyTaxScheme/cbc:CompanyID")
    amounts = [each for each in invoice.root.iter() if "currencyID" in each.attrib]
    quantity = "cbc:CreditedQuantity" if invoice.kind == "CreditNote" else "cbc:InvoicedQuantity"
    rules = {
        "BR-01": invoice.text("cbc:CustomizationID"), "BR-02": invoice.text("cbc:ID"), "BR-03": invoice.text("cbc:IssueDate"),
        "BR-04": invoice.text(f"cbc:{invoice.kind}TypeCode"), "BR-05": invoice.text("cbc:DocumentCurrencyCode"),
        "BR-06": invoice.text(party + "cac:PartyLegalEntity/cbc:RegistrationName"),
        "BR-07": invoice.text("cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName"),
        "BR-09": invoice.text(party + "cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
        "BR-11": invoice.text("cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode"),
        "BR-16": invoice.lines,
        "BR-21 to 26": all(invoice.text("cbc:ID", line) and invoice.text(quantity, line) and invoice.text("cac:Item/cbc:Name", line)
                           and invoice.text("cac:Price/cbc:PriceAmount", line) for line in invoice.lines),
        "BR-27": all(invoice.number("cac:Price/cbc:PriceAmount", line) >= 0 for line in invoice.lines),
        "BR-CO-04": all(each[0] for each in of_lines), "BR-CO-09": vat and vat[:2].isalpha() and vat[:2].isupper(),
        "BR-CO-10": sum(nets) == total("LineExtensionAmount"), "BR-CO-13": total("TaxExclusiveAmount") == total("LineExtensionAmount"),
        "BR-CO-14": invoice.number("cac:TaxTotal/cbc:TaxAmount") == sum(tax for _, _, tax in taxes),
        "BR-CO-15": total("TaxInclusiveAmount") == total("TaxExclusiveAmount") + invoice.number("cac:TaxTotal/cbc:TaxAmount"),
        "BR-CO-16": total("PayableAmount") == total("TaxInclusiveAmount") - total("PrepaidAmount"),
        "BR-55": all(invoice.text("cac:InvoiceDocumentReference/cbc:ID", each) for each in invoice.root.findall("cac:BillingReference", NAMES)),
        "BR-CO-17": all(abs(tax - (taxable * rate / 100).quantize(CENT)) < 1 for (_, rate), taxable, tax in taxes),
        "BR-CO-18": taxes, "BR-CO-25": total("PayableAmount") <= 0 or invoice.kind == "CreditNote" or invoice.text("cac:PaymentTerms/cbc:Note"), "BR-CO-26": vat,
        "BR-S-08, BR-Z-08, BR-E-08": {group: taxable for group, taxable, _ in taxes} == of_lines,
        "BR-Z-09, BR-E-09": all(tax == 0 for (category, _), _, tax in taxes if category in "ZE"),
        "BR-S-05": all(rate > 0 for category, rate in of_lines if category == "S"),
        "BR-E-10": all(invoice.text("cac:TaxCategory/cbc:TaxExemptionReason", row) for row in invoice.subtotals if invoice.text("cac:TaxCategory/cbc:ID", row) == "E"),
        "BR-Z-10, BR-S-10": not any(invoice.text("cac:TaxCategory/cbc:TaxExemptionReason", row) for row in invoice.subtotals if invoice.text("cac:TaxCategory/cbc:ID", row) != "E"),
        "BR-DEC": all(-decimal.Decimal(each.text).as_tuple().exponent <= 2 for each in amounts),
        "price x quantity": all(invoice.number("cac:Price/cbc:PriceAmount", line) * invoice.number(quantity, line) / invoice.number("cac:Price/cbc:BaseQuantity", line) == net
                                for line, net in zip(invoice.lines, nets)),
        "one currency": {each.attrib["currencyID"] for each in amounts} == {invoice.text("cbc:DocumentCurrencyCode")},
    }
    return [name for name, holds in rules.items() if not holds]
