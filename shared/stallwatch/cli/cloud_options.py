"""The options that name a deployed stack."""

from typing import Annotated

import typer

StackName = Annotated[str, typer.Option("--stack", metavar="NAME", help="The stack's name.")]


Region = Annotated[
    str | None,
    typer.Option(metavar="REGION", help="Default: the one in the API's address, or AWS's."),
]


Profile = Annotated[
    str | None, typer.Option(metavar="PROFILE", help="The credentials' profile. Default: AWS's.")
]
