"""Is it of use for what the real data is used for?"""
