"""Wrong use, said like every other failure: where and what, and below it what to do next."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NoReturn

import click

from engine.errors import TaskStartError


class PlacingGroup(click.Group):
    """A group that knows which of its commands a mistake is in; click's parser does not say."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            if error.ctx is None and name is not None:
                command = self.get_command(ctx, name)
                if command is not None:
                    error.ctx = click.Context(command, info_name=name, parent=ctx)
            raise


class WrongUse(click.UsageError):
    """Options or arguments that do not go together."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


class WrongValue(click.BadParameter):
    """A value that its option or argument does not take."""

    def __init__(
        self, reason: str, remedy: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> None:
        super().__init__(reason, ctx=ctx, param=param)
        self.remedy = remedy


def refuse(
    value: Any, what: str, remedy: str, param: click.Parameter | None, ctx: click.Context | None
) -> NoReturn:
    """`value` is `what`, which is wrong.

    Raises:
        WrongValue: always.
    """
    raise WrongValue(f"{_shown(value)} is {what}", remedy, param, ctx)


class _UsageError(TaskStartError):
    """Wrong use, as it is reported."""

    code = "usage"


def usage_failure(error: click.UsageError) -> tuple[TaskStartError, str]:
    """What to report, and where on the command line it is."""
    where = _command(error)
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        where = f"{where} {_parameter(error)}".strip()
    return _UsageError(_reason(error), _remedy(error)), where


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def _command(error: click.UsageError) -> str:
    return error.ctx.command_path.partition(" ")[2] if error.ctx is not None else ""


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.make_metavar(error.ctx or click.Context(click.Command(None)))


def _reason(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter():
            return f"{_parameter(error)} is missing"
        case click.NoSuchOption():
            return f"there is no option {error.option_name}"
        case click.NoSuchCommand():
            return f"there is no command {_shown(error.command_name)}"
        case click.BadOptionUsage():
            said = error.message.replace(f"Option {error.option_name!r}", error.option_name)
            return said.removesuffix(".")
        case WrongUse() | WrongValue():
            return error.message
        case click.BadParameter(param=click.Parameter(type=click.Choice())):
            return f"{error.message.partition(' is not one of ')[0]} is none of its values"
    return (error.message[:1].lower() + error.message[1:]).removesuffix(".")


def _remedy(error: click.UsageError) -> str:
    match error:
        case WrongUse() | WrongValue():
            return error.remedy
        case click.BadParameter(param=click.Parameter(type=click.Choice(choices=choices))):
            return f"say one of {', '.join(map(str, choices))}"
        case click.MissingParameter(ctx=click.Context() as ctx):
            usage = " ".join(ctx.command.get_usage(ctx).split())
            return f"say {usage.removeprefix('Usage: ')}"
        case click.NoSuchOption(possibilities=[*near]) if near:
            return f"did you mean {' or '.join(sorted(near))}?"
        case click.NoSuchCommand(ctx=click.Context(command=click.Group() as group) as ctx):
            commands = group.list_commands(ctx)
            near = get_close_matches(error.command_name, commands)
            return f"did you mean {near[0]}?" if near else f"say one of {', '.join(commands)}"
    command = error.ctx.command_path if error.ctx is not None else "taskstart"
    return f"{command} --help shows how it is called"
