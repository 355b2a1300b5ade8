"""Pictures of the screen that a person saves by the palette: where they go, and what went wrong."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.app import App
from textual.events import DeliveryFailed


def folder_of_pictures() -> Path:
    """The user's downloads; their home where there is no such folder, as on most servers."""
    # Only once a picture is saved: the first frame needs no folder.
    import platformdirs

    downloads = platformdirs.user_downloads_path()
    return downloads if downloads.is_dir() else Path.home()


class SavesPictures(App[int]):
    """Saves pictures of the screen in a folder that exists, and says why one could not be saved."""

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save the screen as SVG in `path`, else in `folder_of_pictures`; see Textual's own."""
        return super().deliver_screenshot(filename, path or str(folder_of_pictures()), time_format)

    @on(DeliveryFailed)
    def _say_why(self, event: DeliveryFailed) -> None:
        # Textual's own words for it are that it failed.
        event.prevent_default()
        error = event.exception
        reason = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
        self.notify(reason, title="The picture was not saved", severity="error", markup=False)
