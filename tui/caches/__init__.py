"""The Caches screen: TTL and size of every cache and level, edited in place."""
