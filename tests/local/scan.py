"""`make scan`: looks for vulnerabilities, secrets and loose workflows, and lists what is shipped.

An exemption stands beside what it exempts, with its reason: in `template.yaml` as `checkov:skip`,
in Python as `nosec`, in a workflow as `zizmor: ignore`. Lines that merely look like secrets are
exempted here, since JSON takes no comments. Exit code 1 where anything is found.

Known vulnerabilities come from the network. Where their database cannot be reached, the scan says
so and goes on, unless `STALLWATCH_REQUIRE` names `vulnerabilities`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
REPORTS = TOOLS.parent / "reports"

SOURCES = ("shared/stallwatch", "functions")

LOCKS = {"layer": "shared/requirements.txt", "tests": "tests/requirements.txt"}

EXAMPLE = "docs/deploy-from-github.yml"
"""A workflow that is shown, and not run here."""

NO_SECRETS = {
    r"the-(key|token)-of-a-sample|k1l2m3n4o5": "sample events hold a made-up key",
    r'"body": "(eyJ|b3JkZXJf)': "sample events hold their bodies in base64",
    r"123456789012:stallwatch-AlertsTopic": "the made-up topic of a sample event",
    r"must be the link in the confirmation mail|has expired: subscribe again": "what the API says",
    r'"refusal\.token":|"token": "the link, or': "words about a token",
    r'"swordfish"|"t0ken"|user:secret@': "made-up words of the tests",
    r"ApiKeyRequired|AWS::ApiGateway::ApiKey": "words of the template",
    r'(?i)AWS_SECRET_ACCESS_KEY"?[:=] ?"test"': "emulators take any credentials",
    r"0123456789abcdef": "a made-up id",
    r"AP00000000000001": "a made-up tracking number",
}
"""Lines that look like secrets and are none, as patterns, each with why."""

UNREACHABLE = ("could not be audited", "ConnectionError", "Max retries exceeded")
"""What the audit says where it did not reach its database."""


def main() -> int:
    """Run every scanner, and say which found something."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    failed = [name for name, found in _scans() if found]
    if failed:
        print(f"\nFound by: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _scans() -> Iterator[tuple[str, bool]]:
    yield "code (bandit)", _run("bandit", "--quiet", "--recursive", *SOURCES)
    yield (
        "template (checkov)",
        _run(
            *("checkov", "--file", "template.yaml", "--framework", "cloudformation"),
            *("--quiet", "--compact", "--skip-download"),
        ),
    )
    yield "workflows (zizmor)", _run("zizmor", "--offline", "--quiet", ".github", EXAMPLE)
    yield "workflows (schemas)", _any(_schemas())
    yield "secrets (detect-secrets)", _secrets()
    yield "dependencies (pip-audit)", _any(map(_audit, LOCKS.values()))
    yield "bills of materials (cyclonedx)", _any(_bill(*one) for one in LOCKS.items())


def _any(found: Iterable[bool]) -> bool:
    """Whether one of several scans found something; all of them run."""
    return any(list(found))


def _run(tool: str, *arguments: str) -> bool:
    """Whether a scanner found something."""
    print(f"--- {tool}", flush=True)
    return subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, check=False).returncode != 0


def _schemas() -> Iterator[bool]:
    folder = Path(".github")
    for schema, files in {
        "github-workflows": [*folder.glob("workflows/*.yml"), Path(EXAMPLE)],
        "dependabot": folder.glob("dependabot.yml"),
        "github-issue-config": folder.glob("ISSUE_TEMPLATE/config.yml"),
        "github-issue-forms": set(folder.glob("ISSUE_TEMPLATE/*.yml"))
        - {folder / "ISSUE_TEMPLATE" / "config.yml"},
    }.items():
        yield _run(
            "check-jsonschema", f"--builtin-schema=vendor.{schema}", *map(str, sorted(files))
        )


def _secrets() -> bool:
    """Whether a file that git keeps holds a secret, or a planted one is not found."""
    options = [
        # Hashes of packages and of fixtures are hex; the keys of AWS and of the gateway are not.
        *("--disable-plugin", "HexHighEntropyString"),
        *(f"--exclude-lines={pattern}" for pattern in NO_SECRETS),
    ]
    with tempfile.TemporaryDirectory() as folder:
        planted = Path(folder) / "planted.py"
        planted.write_text(f'key = "{"AKIA"}{"Q3EGRIUX7WYHZKDM"}"\n', "utf-8")
        if not _holds_secrets([*options, str(planted)], quiet=True):
            print("detect-secrets did not find a planted key", file=sys.stderr)
            return True
    # Locks hold hashes; a recorded table holds compressed traces, which look like keys.
    passed_over = (":!*requirements*.txt", ":!tests/data/upgrade/*.json")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *passed_over],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return _holds_secrets([*options, *files])


def _holds_secrets(arguments: Sequence[str], *, quiet: bool = False) -> bool:
    if not quiet:
        print("--- detect-secrets", flush=True)
    ended = subprocess.run(
        [TOOLS / "detect-secrets-hook", *arguments],
        cwd=ROOT,
        check=False,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    return ended.returncode != 0


def _audit(lock: str) -> bool:
    """Whether a locked package has a known vulnerability."""
    print(f"--- pip-audit {lock}", flush=True)
    ended = subprocess.run(
        [
            *(TOOLS / "pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off"),
            *("--requirement", lock),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    said = ended.stdout + ended.stderr
    if any(sign in said for sign in UNREACHABLE) and "vulnerabilit" not in ended.stdout.lower():
        print("The database of known vulnerabilities cannot be reached: nothing was looked up.")
        return "vulnerabilities" in os.environ.get("STALLWATCH_REQUIRE", "").split(",")
    print(said.strip())
    return ended.returncode != 0


def _bill(name: str, lock: str) -> bool:
    """Whether a list of what a lock holds could not be written."""
    return _run(
        *("cyclonedx-py", "requirements", lock, "--output-reproducible"),
        *("--outfile", str(REPORTS / f"{name}.cdx.json")),
    )


if __name__ == "__main__":
    sys.exit(main())
