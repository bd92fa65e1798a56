"""What `ownhand setup` brings to this machine. The only room that uses a network beyond this machine's own."""
