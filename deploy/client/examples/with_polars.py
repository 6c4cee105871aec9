"""A released dataset in polars."""

from waxwork_client import load

shop = load("shop")
sales = shop.polars("sale").join(shop.polars("shop"), on="shop")
print(f"{sales.height} sales in {sales['shop'].n_unique()} shops")
