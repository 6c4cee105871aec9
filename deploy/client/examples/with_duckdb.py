"""A released dataset in DuckDB, which reads the verified files where they lie."""

import duckdb
from waxwork_client import load

shop = load("shop")
(count,) = duckdb.execute(
    "select count(*) from read_parquet($sale) join read_parquet($shop) using (shop)",
    {"sale": str(shop.path("sale")), "shop": str(shop.path("shop"))},
).fetchone()
print(f"{count} sales")
