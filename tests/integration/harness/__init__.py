"""Real parts for the integration tests: servers, poolers, networks, clocks, the daemon itself."""
