"""Does it look like the real data?"""
