"""Are groups represented and treated as in the real data?"""
