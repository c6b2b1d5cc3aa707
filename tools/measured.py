"""Put a report of `hand-recon bench` into docs/measured.md, in place of the last one.

python -m tools.measured [out/bench]
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

PAGE, PICTURES = Path("docs/measured.md"), Path("docs/images/bench")
MARK = "<!-- From here on: hand-recon bench, by python -m tools.measured. -->\n"


def main() -> None:
    """Replace all that follows the mark, and the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out/bench"))
    folder = parser.parse_args().folder
    report = (folder / "report.md").read_text(encoding="utf-8").partition("\n")[2].lstrip()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in re.findall(r"\]\((\w+\.png)\)", report):
        shutil.copy(folder / name, PICTURES / name)
    pictures = PICTURES.relative_to(PAGE.parent).as_posix()
    linked = re.sub(r"\]\((\w+\.png)\)", rf"]({pictures}/\1)", report)
    own = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(f"{own}{MARK}\n{linked}", encoding="utf-8")


if __name__ == "__main__":
    main()
