"""The ids of derived facts in SQL: `dual_role(who: azura, exclusivity: c1)`, with values as they are written.

DuckDB writes every value as `str` of it would; its functions for that are defined once, by `FUNCTIONS`. For other
databases quantities stand in their units: such an id tells facts apart as well, and nobody is shown it.
"""

from __future__ import annotations

from sqlglot import exp

from clauses.engines.columnar.expressions import SQL, Source, coalesce, text
from clauses.engines.columnar.layout import term_column
from clauses.terms.currencies import DECIMAL_PLACES
from clauses.terms.values import VALUE_TYPES, Date, Money


def _currencies(places: int) -> str:
    return ", ".join(f"'{code}'" for code, own in sorted(DECIMAL_PLACES.items()) if own == places)


_NEVER = Date.limit
_DEFINITIONS = {
    "clauses_day(n)": f"""
        CASE WHEN n >= {_NEVER} THEN 'never' ELSE CAST(DATE '0001-01-01' + CAST(n - 1 AS INTEGER) AS VARCHAR) END""",
    "clauses_date(low, high)": f"""
        CASE WHEN high IS NULL THEN clauses_day(low) ELSE
        list_transform([[clauses_day(low), clauses_day(high), clauses_day(high + 1)]], lambda d:
            CASE WHEN low <= 1 THEN CASE WHEN high >= {_NEVER} THEN '..' ELSE '..' || d[2] END
                 WHEN high >= {_NEVER} THEN d[1] || '..'
                 WHEN d[1] NOT LIKE '%-01' OR d[3] NOT LIKE '%-01' THEN d[1] || '..' || d[2]
                 WHEN d[1] LIKE '%-01-01' AND d[2] LIKE '%-12-31' THEN clauses_span(d[1][:4], d[2][:4])
                 ELSE clauses_span(d[1][:7], d[2][:7]) END)[1] END""",
    "clauses_span(first, last)": "CASE WHEN first = last THEN first ELSE first || '..' || last END",
    "clauses_share(n)": """
        CAST(n // 10000 AS VARCHAR)
        || CASE WHEN n % 10000 = 0 THEN '' ELSE rtrim('.' || lpad(CAST(n % 10000 AS VARCHAR), 4, '0'), '0') END
        || '%'""",
    "clauses_percentage(low, high)": "clauses_share(low) || coalesce('..' || clauses_share(high), '')",
    "clauses_scaled(whole, scale, word)": """
        CAST(whole // scale AS VARCHAR)
        || rtrim(rtrim('.' || lpad(CAST(whole % scale // (scale // 1000) AS VARCHAR), 3, '0'), '0'), '.') || word""",
    "clauses_amount(n, currency)": f"""
        list_transform([CASE WHEN currency IN ({_currencies(0)}) THEN CAST(1 AS BIGINT)
                             WHEN currency IN ({_currencies(3)}) THEN 1000 ELSE 100 END], lambda unit:
            CASE WHEN n % unit > 0
                 THEN format('{{:,}}', n // unit) || '.' || CAST(unit + n % unit AS VARCHAR)[2:]
                 WHEN n >= 1000000000 * unit AND n // unit % 1000000 = 0
                 THEN clauses_scaled(n // unit, 1000000000, 'bn')
                 WHEN n >= 1000000 * unit AND n // unit % 1000 = 0 THEN clauses_scaled(n // unit, 1000000, 'm')
                 ELSE format('{{:,}}', n // unit) END)[1]""",
    "clauses_money(low, high, currency)": """
        currency || ' ' || clauses_amount(low, currency) || coalesce('..' || clauses_amount(high, currency), '')""",
    "clauses_number(low, high)": "format('{:,}', low) || coalesce('..' || format('{:,}', high), '')",
    "clauses_count(n, word)": "CAST(n AS VARCHAR) || word || CASE WHEN n = 1 THEN '' ELSE 's' END",
    "clauses_time(n)": """
        CASE WHEN n > 0 AND n % 12 = 0 THEN clauses_count(n // 12, ' year') ELSE clauses_count(n, ' month') END""",
    "clauses_months(low, high)": "clauses_time(low) || coalesce('..' || clauses_time(high), '')",
    "clauses_days(low, high)": "clauses_count(low, ' day') || coalesce('..' || clauses_count(high, ' day'), '')",
}

FUNCTIONS = tuple(
    f"CREATE OR REPLACE TEMP MACRO {head} AS ({' '.join(body.split())})" for head, body in _DEFINITIONS.items()
)
"""What a DuckDB connection runs before it writes ids."""


def written_id(source: Source, dialect: str) -> SQL:
    """The id of a derived fact from its terms."""
    whole: SQL = text(f"{source.kind}(")
    for place, (name, type) in enumerate((name, type) for name, type in source.types.items() if name != "id"):
        parts = [source.column(term_column(name))]
        if type.name in VALUE_TYPES:
            parts.append(source.column(term_column(name, "highest")))
            if type.name == Money.type_name:
                parts.append(source.column(term_column(name, "currency")))
            value = _written(type.name, parts) if dialect == "duckdb" else _in_units(parts)
        else:
            value = parts[0]
        whole = _joined(whole, text(f"{', ' if place else ''}{name}: "), coalesce(value, text("not stated")))
    return _joined(whole, text(")"))


def _written(type_name: str, parts: list[SQL]) -> SQL:
    return exp.Anonymous(this=f"clauses_{type_name}", expressions=parts)


def _in_units(parts: list[SQL]) -> SQL:
    lowest, highest, *currency = (exp.cast(part, "text") for part in parts)
    units = _joined(lowest, coalesce(_joined(text(".."), highest), text("")))
    return _joined(currency[0], text(" "), units) if currency else units


def _joined(first: SQL, *rest: SQL) -> SQL:
    for part in rest:
        first = exp.DPipe(this=first, expression=part)
    return first
