class CompiledNetwork:
    pass
