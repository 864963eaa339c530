"""`python -m tests.upgrade.record`: writes anew what the code before the first release had stored.

It checks that code out beside this one, lives through `stories` with it, and keeps the items of the
table and the answers of the API in `tests/data/upgrade/`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.template import ROOT

BEFORE = "b286950856adadce5e77546e7daeecc675142f4f"
"""The last commit whose items have no version of the schema and no field of the second edition."""

RECORDED = ROOT / "tests" / "data" / "upgrade" / "before_the_first_release.json"


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A folder with the project as it stood at a commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        add = ["git", "worktree", "add", "--quiet", "--detach", str(tree), commit]
        subprocess.run(add, cwd=ROOT, check=True)
        try:
            yield tree
        finally:
            remove = ["git", "worktree", "remove", "--force", str(tree)]
            subprocess.run(remove, cwd=ROOT, check=True)


def main() -> int:
    """Record, and say where."""
    with checked_out(BEFORE) as tree:
        shutil.copy2(Path(__file__).with_name("stories.py"), tree / "stories.py")
        ended = subprocess.run(
            [sys.executable, "stories.py"],
            cwd=tree,
            env={
                **os.environ,
                "PYTHONPATH": f"shared{os.pathsep}.",
                "POWERTOOLS_LOG_LEVEL": "CRITICAL",
                "POWERTOOLS_METRICS_DISABLED": "true",
            },
            stdout=subprocess.PIPE,
            check=True,
        )
    recorded = json.loads(ended.stdout[ended.stdout.index(b"{\n") :])
    RECORDED.parent.mkdir(exist_ok=True)
    text = json.dumps(recorded, ensure_ascii=False, indent=1, sort_keys=True)
    RECORDED.write_text(f"{text}\n", "utf-8")
    print(f"{len(recorded['items'])} items, {len(recorded['answers'])} answers in {RECORDED.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
