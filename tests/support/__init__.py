"""What the tests share: small shops, servers, processes, an independent reference."""
