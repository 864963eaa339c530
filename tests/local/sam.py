"""SAM CLI: builds the template for this machine, and is run without the developer's settings."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from tests.local.machine import LOCAL, ROOT, LocalError, end_of, lock_now, locked, need
from tests.local.supervised import Supervised

SAM_QUIETLY: Final = {
    "SAM_CLI_TELEMETRY": "0",
    # Holds the date of its last look for a newer version.
    "__SAM_CLI_APP_DIR": str(LOCAL / "sam" / "home"),
}

SAM: Final = LOCAL / "sam" / "bin" / "sam"
LAYERS: Final = LOCAL / "layers"
"""What the emulators have unpacked, a folder for each build of a layer."""

_BUILD: Final = LOCAL / "build"
_BUILT: Final = _BUILD / "template.json"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BUILD_TURN: Final = 600.0
"""Seconds within which another's build is done."""


def known_parameters() -> list[str]:
    """The names of the template's parameters, read by their indentation."""
    text = (ROOT / "template.yaml").read_text("utf-8")
    after = text.partition("\nParameters:\n")[2]
    return re.findall(r"^  (\w+):", re.split(r"\n(?=\w)", after)[0], re.MULTILINE)


@contextlib.contextmanager
def built(say: Callable[[str], object]) -> Iterator[Path]:
    """Build what changed since the last build; nobody builds again before the block ends."""
    stamp, turn = _BUILD.with_suffix(".stamp"), _BUILD.with_suffix(".lock")
    fingerprint = _fingerprint()
    with locked(turn, _BUILD_TURN, shared=True):
        # Who finds it built waits for nobody who deploys what is built.
        if _is(stamp, fingerprint):
            yield _BUILT
            return
    with locked(turn, _BUILD_TURN) as lock:
        if not _is(stamp, fingerprint):
            say("Building")
            stamp.unlink(missing_ok=True)
            run_sam(
                "build",
                [
                    f"--build-dir={_BUILD}",
                    f"--config-file={no_settings()}",
                    # Each layer by itself: a change of the product builds no layer of the push.
                    *("--parallel", "--cached", f"--cache-dir={_BUILD}-cache"),
                ],
                environment=_build_environment(),
                log=_BUILD.with_suffix(".log"),
                keep_open=[lock],
            )
            _prepare()
            forget_layers()
            stamp.write_text(fingerprint)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield _BUILT


def _is(stamp: Path, fingerprint: str) -> bool:
    return stamp.exists() and stamp.read_text() == fingerprint


def build_of(project: Path, folder: Path) -> Path:
    """Build the project as it stands in another folder; returns the built template."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    run_sam(
        "build",
        [
            f"--template-file={project / 'template.yaml'}",
            f"--build-dir={folder}",
            f"--config-file={no_settings()}",
        ],
        environment=_build_environment(),
        log=folder.with_suffix(".log"),
    )
    return folder / "template.yaml"


def _prepare() -> None:
    """Pack the layers once, and write the template as JSON.

    Each deployment would pack them anew, and read the template seven times: YAML takes SAM CLI
    almost half of its time.
    """
    template = yaml.load((_BUILD / "template.yaml").read_text("utf-8"), _LOADER)  # noqa: S506
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            layer = resource["Properties"]["ContentUri"]
            resource["Properties"]["ContentUri"] = f"{layer}.zip"
            with zipfile.ZipFile(
                _BUILD / f"{layer}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1
            ) as archive:
                for path in sorted((_BUILD / layer).rglob("*")):
                    archive.write(path, path.relative_to(_BUILD / layer))
    _BUILT.write_text(json.dumps(template), "utf-8")


def forget_layers() -> None:
    """Remove what was unpacked and is used by no emulator that runs."""
    for unpacked in LAYERS.glob("*/"):
        descriptor = os.open(unpacked, os.O_RDONLY)
        try:
            if lock_now(descriptor, fcntl.LOCK_EX):
                # By another name, or half of it would be taken for all of it if this is killed.
                gone = unpacked.rename(LAYERS / f"gone-{unpacked.name.removeprefix('gone-')}")
                shutil.rmtree(gone, ignore_errors=True)
        finally:
            os.close(descriptor)


def _fingerprint() -> str:
    """Change with everything that a build depends on."""
    sources = [
        ROOT / "template.yaml",
        ROOT / "tests/local/requirements-sam.txt",
        ROOT / "tests/local/sam.py",
        LOCAL / "bootstrap/pyvenv.cfg",
        *sorted((ROOT / "functions").rglob("*")),
        *sorted((ROOT / "shared").rglob("*")),
        *sorted((ROOT / "push").rglob("*")),
    ]
    digest = hashlib.sha256()
    for path in sources:
        if path.is_file() and path.parent.name != "__pycache__":
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _build_environment() -> dict[str, str]:
    # uv needs the developer's, who may have an index or a proxy of their own.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SAM_", "MAKE", "MFLAGS", "PYTHON"))
    }
    return {
        **kept,
        "PATH": f"{LOCAL}/bootstrap/bin{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "STALLWATCH_LOCAL": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **SAM_QUIETLY,
    }


def no_settings() -> Path:
    """Give a settings file for SAM CLI; the developer's own may stand beside the template."""
    path = LOCAL / "run" / "samconfig.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def run_sam(
    step: str,
    arguments: Iterable[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    keep_open: Sequence[int] = (),
) -> None:
    """Run SAM CLI in the project's folder. Raises `LocalError` where it fails."""
    need(SAM)
    # The script beside it names its Python in a first line that not every path fits into.
    command: list[str | Path] = [SAM.with_name("python"), "-m", "samcli", step, *arguments]
    with (
        log.open("wb") as output,
        Supervised(
            command, output=output, environment=environment, folder=ROOT, keep_open=keep_open
        ) as sam,
    ):
        code = sam.wait()
    if code:
        raise LocalError(f"`sam {step}` failed ({code}):\n{end_of(log)}")


def quoted(value: str) -> str:
    """Give a parameter's value as `--parameter-overrides` reads it."""
    return '"' + value.replace('"', '\\"') + '"'
