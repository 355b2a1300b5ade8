"""The engine itself: the way of one TaskStart through caches, storage and assembly."""
