"""What a deployed function sees: the built layer, and what Lambda's Python brings along."""

import compileall
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.local.sam import built

OF_THE_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""boto3 and what it needs: Lambda's Python brings them, so the layer does not."""


def fill_runtime(folder: Path) -> Path:
    """Link what Lambda's Python brings along into a folder, compiled as it is there."""
    for name in OF_THE_RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        package = origin.parent if origin.name == "__init__.py" else origin
        compileall.compile_dir(package, quiet=2) if package.is_dir() else compileall.compile_file(
            package, quiet=2
        )
        (folder / package.name).symlink_to(package)
    if not (folder / "__pycache__").exists():
        compileall.compile_dir(folder, maxlevels=0, quiet=2)
    return folder


@contextmanager
def function_path() -> Iterator[list[str]]:
    """The `sys.path` of a function, in Lambda's order, over the layer built for this machine."""
    with built(print) as template, TemporaryDirectory() as folder:
        layer = template.parent / "StallwatchLayer" / "python"
        yield [str(layer), str(fill_runtime(Path(folder)))]
