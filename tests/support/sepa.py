"""SEPA direct debits, as a shop's bank has them.

    new_iban()          an account of Spain that nobody has
    schema_errors(xml)  what is wrong with a file by the schema of ISO 20022 that it names, [] when it is valid; None when xmllint is not here
    DebitFile(xml)      a pain.008 read: message_id, count, total, groups of (scheme, sequence, collect_on, count, total, debits), each debit a dict"""

import decimal
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

from support.bank_file import new_account as new_iban

__all__ = ["new_iban", "schema_errors", "DebitFile"]
SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "iso20022")


def schema_errors(xml):
    space = ElementTree.fromstring(xml).tag[1:].split("}")[0]
    schema = os.path.join(SCHEMAS, space.rsplit(":", 1)[1] + ".xsd")
    if not shutil.which("xmllint"):
        return None
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, "-"], input=xml, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return [] if done.returncode == 0 else done.stderr.decode().splitlines()


def _cents(text):
    return int(100 * decimal.Decimal(text))


class DebitFile:
    def __init__(self, xml):
        root = ElementTree.fromstring(xml)
        self.version = root.tag[1:].split("}")[0].rsplit(":", 1)[1]
        for each in root.iter():
            each.tag = each.tag.split("}")[1]
        top = root.find("CstmrDrctDbtInitn")
        self.message_id, self.count, self.total = top.findtext("GrpHdr/MsgId"), int(top.findtext("GrpHdr/NbOfTxs")), _cents(top.findtext("GrpHdr/CtrlSum"))
        self.groups = [self._group(each) for each in top.findall("PmtInf")]
        self.debits = [debit for group in self.groups for debit in group["debits"]]

    @staticmethod
    def _group(of):
        text = of.findtext
        return {"scheme": text("PmtTpInf/LclInstrm/Cd"), "sequence": text("PmtTpInf/SeqTp"), "collect_on": text("ReqdColltnDt"), "count": int(text("NbOfTxs")), "total": _cents(text("CtrlSum")),
                "id": text("PmtInfId"), "creditor": text("Cdtr/Nm"), "creditor_id": text("CdtrSchmeId/Id/PrvtId/Othr/Id"), "iban": text("CdtrAcct/Id/IBAN"),
                "debits": [{"id": each.findtext("PmtId/EndToEndId"), "amount": _cents(each.findtext("InstdAmt")), "currency": each.find("InstdAmt").get("Ccy"),
                            "mandate": each.findtext("DrctDbtTx/MndtRltdInf/MndtId"), "signed_on": each.findtext("DrctDbtTx/MndtRltdInf/DtOfSgntr"), "name": each.findtext("Dbtr/Nm"),
                            "iban": each.findtext("DbtrAcct/Id/IBAN")} for each in of.findall("DrctDbtTxInf")]}
