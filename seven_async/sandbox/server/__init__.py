"""How clients reach the sandbox: over HTTP on loopback, or in process."""
