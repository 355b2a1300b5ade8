"""Dialogs: what is asked or told above a screen; Esc always closes them."""
