//! Amazon S3 and SQS, and what speaks like them. Knows no jobs.
