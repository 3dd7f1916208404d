"""PDFs as a reader sees them: by poppler's pdftotext, which is nobody's of ours."""

import re
import subprocess


def pages(body):
    """The text of each page, laid out as printed."""
    assert body.startswith(b"%PDF-")
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=body, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=True)
    assert not text.stderr, text.stderr
    return text.stdout.decode().split("\f")[:-1]


def words(text):
    """All words in their order, whatever the lines."""
    return re.sub(r"\s+", " ", text).strip()
