package store

// stopServers has nothing to stop: the suite runs against Redis and PostgreSQL on Unix only.
func stopServers() {}
