"""The vocabulary: frozen values of every wire and every workflow, names, ids and the error tree.

Imports nothing of ours. Pydantic is the only framework here.
"""
