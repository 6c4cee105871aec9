"""A released dataset in a database that SQLAlchemy opens, keys and links enforced."""

import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import MetaData, create_engine, func, select
from waxwork_client import load
from waxwork_client.databases import load_sqlite

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "shop.sqlite"
    connection = sqlite3.connect(file)
    load_sqlite(load("shop"), connection)
    connection.close()

    engine = create_engine(f"sqlite:///{file}")
    tables = MetaData()
    tables.reflect(engine)
    sale, shop = tables.tables["sale"], tables.tables["shop"]
    with engine.connect() as session:
        count = session.scalar(select(func.count()).select_from(sale.join(shop)))
    print(f"{count} sales")
