"""A canvas of braille dots: 2 x 4 dots in each cell, one role per cell.

Hand-made because the chart of starts is redrawn with every snapshot: 600 dots take a tenth of
the time that a plotting library takes for the same frame.
"""

from __future__ import annotations

from tui.text import Line, Piece

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800


class BrailleCanvas:
    """Dots and characters on a grid of cells."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._dots = [[0] * width for _ in range(height)]
        self._text = [[""] * width for _ in range(height)]
        self._roles = [[""] * width for _ in range(height)]
        self._ranks = [[-1] * width for _ in range(height)]

    def dot(self, x: float, y: float, role: str, rank: int = 0) -> None:
        """A dot at `x`, `y` from 0 to 1 each, `y` upward; the cell takes the highest rank's role."""
        column = min(self.width * 2 - 1, max(0, int(x * self.width * 2)))
        row = min(self.height * 4 - 1, max(0, int((1 - y) * self.height * 4)))
        cell_x, cell_y = column // 2, row // 4
        self._dots[cell_y][cell_x] |= _BITS[row % 4][column % 2]
        if rank >= self._ranks[cell_y][cell_x]:
            self._ranks[cell_y][cell_x] = rank
            self._roles[cell_y][cell_x] = role

    def put(self, column: int, row: int, text: str, role: str) -> None:
        """Characters at a cell; dots, drawn before or after, lie above them."""
        if not 0 <= row < self.height:
            return
        for offset, character in enumerate(text):
            if 0 <= column + offset < self.width:
                self._text[row][column + offset] = character
                if self._ranks[row][column + offset] < 0:
                    self._roles[row][column + offset] = role

    def free(self, column: int, row: int, length: int) -> bool:
        """Whether no character but a line and no dot is on these cells."""
        if not (0 <= row < self.height and column >= 0 and column + length <= self.width):
            return False
        cells = range(column, column + length)
        return all(not self._dots[row][c] and self._text[row][c] in ("", "┊", "╌") for c in cells)

    def lines(self) -> list[Line]:
        """The grid, runs of one role joined."""
        rows: list[Line] = []
        for dots, texts, roles in zip(self._dots, self._text, self._roles, strict=True):
            pieces: list[Piece] = []
            run, run_role = "", ""
            for bits, text, role in zip(dots, texts, roles, strict=True):
                character = chr(_BRAILLE | bits) if bits else text or " "
                own = role if character != " " else run_role
                if own != run_role and run:
                    pieces.append(Piece(run, run_role))
                    run = ""
                run_role = own
                run += character
            if run:
                pieces.append(Piece(run, run_role))
            rows.append(tuple(pieces))
        return rows
