"""HTTP around the application: connections, requests and answers, of any interface."""
