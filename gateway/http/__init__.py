"""HTTP around the application: connections, requests and answers, whatever is asked."""
