"""The Live screen: the key metrics, latency, where the time goes, caches, alerts."""
