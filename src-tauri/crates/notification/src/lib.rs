//! Sending one message to somebody else: webhook, command, e-mail, STOMP broker. Knows no jobs.
