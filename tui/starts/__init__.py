"""The TaskStarts screen: the list of starts and one start in full."""
