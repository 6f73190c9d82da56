"""What a start needs: the version, and what loads the rest when it is used."""
