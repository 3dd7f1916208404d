"""Files as banks send them: camt.053 and Cuaderno 43, of an account and its lines.

    new_account()                       an IBAN of Spain that nobody has
    entry(amount, ...)                  a line, minor units; below 0: paid out
    camt(account, entries, ...)         ISO 20022, version .02 or .08
    n43(account, entries, ...)          as the Spanish banks have it, bytes"""

import random
import uuid
from xml.sax.saxutils import escape

TODAY = "2026-11-20"
WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)


def _check(digits):
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits)) % 11
    return "0" if rest == 11 else "1" if rest == 10 else str(rest)


def new_account():
    bank, branch, account = "2100", "0418", f"{random.randrange(10 ** 10):010}"
    digits = bank + branch + _check("00" + bank + branch) + _check(account) + account
    return f"ES{98 - int(digits + '142800') % 97:02}{digits}"


def entry(amount, reference=None, name=None, text=None, on=TODAY, bank_reference=..., return_code=None):
    return {"amount": amount, "reference": reference, "name": name, "text": text, "on": on, "return_code": return_code,
            "bank_reference": uuid.uuid4().hex[:20] if bank_reference is ... else bank_reference}


def _decimal(amount):
    return f"{abs(amount) // 100}.{abs(amount) % 100:02}"


def _amount(amount, currency):
    return f'<Amt Ccy="{currency}">{_decimal(amount)}</Amt><CdtDbtInd>{"CRDT" if amount >= 0 else "DBIT"}</CdtDbtInd>'


def _balance(code, amount, currency):
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount, currency)}<Dt><Dt>{TODAY}</Dt></Dt></Bal>"


def _put(tag, text):
    return f"<{tag}>{escape(text)}</{tag}>" if text else ""


def _entry(each, currency, version):
    sender = "Dbtr" if each["amount"] > 0 else "Cdtr"
    name = _put("Nm", each["name"])
    party = f"<RltdPties><{sender}>{name if version == '02' else f'<Pty>{name}</Pty>'}</{sender}></RltdPties>" if name else ""
    status = "BOOK" if version == "02" else "<Cd>BOOK</Cd>"
    end_to_end = f"<Refs>{_put('EndToEndId', each['reference'] or 'NOTPROVIDED')}</Refs>"
    remittance = f"<RmtInf>{_put('Ustrd', each['text'])}</RmtInf>" if each["text"] else ""
    returned = f"<RtrInf><Rsn><Cd>{each['return_code']}</Cd></Rsn></RtrInf>" if each["return_code"] else ""
    return (f"<Ntry>{_amount(each['amount'], currency)}<Sts>{status}</Sts><BookgDt><Dt>{each['on']}</Dt></BookgDt><ValDt><Dt>{each['on']}</Dt></ValDt>"
            f"{_put('AcctSvcrRef', each['bank_reference'])}<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"<NtryDtls><TxDtls>{end_to_end}{'' if version == '02' else _amount(each['amount'], currency)}{party}{remittance}{returned}</TxDtls></NtryDtls></Ntry>")


def camt(account, entries, currency="EUR", version="08", opening=0, closing=None):
    closing = opening + sum(each["amount"] for each in entries) if closing is None else closing
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
            f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>{TODAY}T06:00:00</CreDtTm></GrpHdr>"
            f"<Stmt><Id>{uuid.uuid4().hex[:16]}</Id><CreDtTm>{TODAY}T06:00:00</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
            f"{_balance('OPBD', opening, currency)}{_balance('CLBD', closing, currency)}"
            f"{''.join(_entry(each, currency, version) for each in entries)}</Stmt></BkToCstmrStmt></Document>").encode()


def n43(account, entries, opening=0):
    closing, day = opening + sum(each["amount"] for each in entries), lambda on: on[2:].replace("-", "")
    key, sign = account[4:12] + account[14:], lambda amount: "1" if amount < 0 else "2"
    lines = [f"11{key}{day(TODAY)}{day(TODAY)}{sign(opening)}{abs(opening):014}9783CUOTAS"]
    for each in entries:
        lines.append(f"22    0418{day(each['on'])}{day(each['on'])}02017{sign(each['amount'])}{abs(each['amount']):014}{'0' * 22}{each['reference'] or '':16}")
        lines += [f"2301{each['text'][:76]}"] if each["text"] else []
    out, came = [each["amount"] for each in entries if each["amount"] < 0], [each["amount"] for each in entries if each["amount"] > 0]
    lines.append(f"33{key}{len(out):05}{-sum(out):014}{len(came):05}{sum(came):014}{sign(closing)}{abs(closing):014}978")
    lines.append(f"88{'9' * 18}{len(lines):06}")
    return "".join(f"{line:80}\r\n" for line in lines).encode("latin-1")
