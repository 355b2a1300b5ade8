"""The command palette's entries, from the registry of actions."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.actions import ACTIONS, Action, Scope


class ActionProvider(Provider):
    """Every action that has a meaning on the screen below the palette."""

    def _here(self) -> list[Action]:
        ids = {active.binding.id for active in self.screen.active_bindings.values()}
        scopes = (Scope.APP, getattr(self.screen, "SCOPE", Scope.APP))
        return [
            action
            for action in ACTIONS
            if action.id in ids - {"palette"} or (not action.keys and action.scope in scopes)
        ]

    @staticmethod
    def _name(action: Action) -> str:
        return f"{action.title[:1].upper()}{action.title[1:]}"

    @staticmethod
    def _help(action: Action) -> str:
        key = action.shown or action.keys
        return f"{action.help} · {key}" if key else action.help

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action in self._here():
            run = partial(self.screen.run_action, action.call)
            yield DiscoveryHit(self._name(action), run, help=self._help(action))

    async def search(self, query: str) -> Hits:
        """Those that hold every word of the query, in name or explanation; else names like it."""
        matcher = self.matcher(query)
        here = self._here()
        words = query.lower().split()
        found = [action for action in here if _holds(words, action)]
        for action in found or here:
            name = self._name(action)
            score = max(matcher.match(name), 0.6 if found else 0.0)
            if score > 0:
                run = partial(self.screen.run_action, action.call)
                yield Hit(score, matcher.highlight(name), run, help=self._help(action))


def _holds(words: list[str], action: Action) -> bool:
    said = f"{action.title} {action.help}".lower()
    return all(word in said for word in words)
