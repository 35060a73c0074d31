"""The memo: a review as a document that counsel can forward."""
