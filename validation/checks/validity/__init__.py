"""Does the data keep its contract?"""
