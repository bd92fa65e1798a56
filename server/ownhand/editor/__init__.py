"""The only room that knows the Language Server Protocol: handlers translate, other rooms decide."""
