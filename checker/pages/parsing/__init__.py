"""A page's text, as blocks and statements that know their lines."""
