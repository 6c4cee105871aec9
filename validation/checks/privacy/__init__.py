"""Does it give away anybody whose rows were learnt?"""
