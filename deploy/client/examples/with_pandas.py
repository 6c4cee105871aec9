"""A released dataset in pandas."""

from waxwork_client import load

shop = load("shop")
sales = shop.pandas("sale").merge(shop.pandas("shop"), on="shop")
print(f"{len(sales)} sales in {sales['shop'].nunique()} shops")
