"""The MCP server: the verbs as read-only tools for assistants, over standard input and output or over HTTP.

    clauses mcp
    clauses mcp --http --ledger ledger.db

`tools` says what can be asked, `catalogue` what can be read, `prompts` how an assistant is told to encode a term sheet;
`server` puts them together. What is asked is answered in processes of their own (`evaluators`), by the same desk as
HTTP, with the same JSON as the command line. The official SDK speaks the protocol; it is imported here only.
"""
