"""``python -m tools.docs``: write the generated reference pages, then build the site into a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.docs.reference import write_pages
from tools.docs.site import build_site

write_pages()
build_site(Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve())
