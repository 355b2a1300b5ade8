"""From rows and files to a TaskStart's answer: decode, merge, score, filter, render."""
