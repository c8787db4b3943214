"""The outbox: our answers in the bucket, for programs that put files there."""
