"""From SoapUI: a project is read without trust, its scripts by shape, and what it says is written as a domain of ours."""
