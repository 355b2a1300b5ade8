"""The group of subcommands; each is imported only when it is called or its help is asked for."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from engine import __version__
from engine.cli.reporting import INTERRUPTED, WRONG_USE, report, wants_json
from engine.cli.usage import PlacingGroup, WrongUse, usage_failure

COMMANDS = {
    "answer": "Answer TaskStarts and print what the agent would read.",
    "replay": "Play a workload on a scratch copy and report.",
    "bench": "Measure the baseline against the optimized engine.",
    "forecast": "What other TTLs and sizes would have given.",
    "serve": "Run an engine that consoles attach to.",
    "record": "Write the live starts of a running engine as a workload.",
    "import": "Make a workload from transcripts or from a database.",
    "hook": "Ask the engine like an agent's hook would.",
    "install-hook": "Let AgentPM or Claude Code ask the engine.",
    "uninstall-hook": "Put back what install-hook changed.",
    "scenarios": "List what can be played.",
    "settings": "List every setting with its value and unit.",
    "demo": "Make a demo project.",
    "recover": "Roll back what a killed writer left half-done.",
}
"""Every subcommand with its line in the help; the module of the same name (with underscores) defines it."""


_MODULES = {"import": "importing"}
"""Where a module cannot be called like its command."""


class LazyGroup(PlacingGroup):
    """A group that knows its commands' names and imports them on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        module = importlib.import_module(f"engine.cli.{name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # Without importing one of them.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Folder of the project. Default: the nearest parent with .agentpm, else the demo.",
)
@click.option("--demo", is_flag=True, help="The embedded demo project, opening with the-plan.")
@click.option("--scenario", metavar="NAME|FILE", help="Play this at once.")
@click.option("--attach", is_flag=True, help="To the engine that runs; start none.")
@click.option("--stay", is_flag=True, help="The engine goes on after its consoles.")
@click.version_option(__version__, prog_name="taskstart")
@click.pass_context
def group(
    ctx: click.Context,
    project: Path | None,
    demo: bool,
    scenario: str | None,
    attach: bool,
    stay: bool,
) -> int:
    """Watch, tune and replay the TaskStarts of an AgentPM project.

    Without a command: open the console.
    """
    if ctx.invoked_subcommand is not None:
        if project is not None or demo or scenario is not None:
            raise WrongUse(
                "--project, --demo and --scenario before a command are the console's",
                f"say options of a command behind it: taskstart {ctx.invoked_subcommand} ...",
            )
        if attach or stay:
            raise WrongUse("--attach and --stay are for the console", "say them without a command")
        return 0
    if demo and project is not None:
        raise WrongUse("--demo and --project each name a project", "say one of them")
    if scenario is not None and (attach or stay):
        raise WrongUse(
            "--scenario plays on an engine of its own, which ends with the console",
            "say it without --attach and --stay",
        )
    from engine.cli.console import open_console

    return open_console(project=project, demo=demo, scenario=scenario, attach=attach, stay=stay)


def run_group(arguments: list[str]) -> int:
    """Run a subcommand; its exit code.

    Raises:
        KeyboardInterrupt: as it comes; click's own `main` would print an empty line for it.
        BrokenPipeError: as it comes; click's own `main` would exit with 1 for it.
    """
    try:
        with group.make_context("taskstart", list(arguments)) as context:
            code = group.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.UsageError as error:
        report(*usage_failure(error), as_json=wants_json(arguments))
        return WRONG_USE
    return code if isinstance(code, int) else 0
