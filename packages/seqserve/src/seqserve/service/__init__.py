"""The HTTP service: a scheduler over a running batch, and thin skins around it. Needs the extra `http`."""
